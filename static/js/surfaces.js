// Dialogs, menus that close by themselves, toasts, focus after a refused form, the bar's hairline.

function openDialog(name) {
  const dialog = document.querySelector(`dialog[data-dialog="${CSS.escape(name)}"]`);
  if (dialog && !dialog.open) dialog.showModal();
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-light][open]")) {
    if (menu !== except) menu.open = false;
  }
}

function onClick(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  const dismiss = event.target.closest("[data-dismiss]");
  if (event.target.closest("[data-print]")) window.print();
  if (dismiss) dismiss.closest(".toast, .banner")?.remove();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  closeMenus(event.target.closest("details[data-light]"));
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => toast("Copied."));
}

/** Shows a short message; used where no page load carries one. */
export function toast(text, tone = "") {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.tone = tone;
  box.dataset.seconds = "5";
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  words.className = "toast__text";
  words.textContent = text;
  box.append(words);
  document.querySelector(".toasts")?.append(box);
}

function startToasts() {
  const box = document.querySelector(".toasts");
  if (!box) return;
  const schedule = (shown) => {
    const seconds = Number(shown.dataset?.seconds);
    if (!seconds || shown.dataset.scheduled) return;
    shown.dataset.scheduled = "true";
    let timer;
    const start = () => { timer = setTimeout(() => shown.remove(), seconds * 1000); };
    // Nobody loses an Undo while pointing at it.
    for (const hold of ["mouseenter", "focusin"]) shown.addEventListener(hold, () => clearTimeout(timer));
    for (const release of ["mouseleave", "focusout"]) shown.addEventListener(release, start);
    start();
  };
  for (const shown of box.children) schedule(shown);
  new MutationObserver(() => { for (const shown of box.children) schedule(shown); }).observe(box, { childList: true });
}

/** Wires the surfaces of a page and keeps them wired after swaps. */
export function startSurfaces() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-light][open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });
  startToasts();
  document.querySelector("[data-focus]")?.focus();
  document.addEventListener("htmx:afterSettle", (event) => {
    event.detail.elt?.querySelector?.("[data-focus]")?.focus();
  });
  document.addEventListener("htmx:sendError", () => toast("No connection. Nothing was changed.", "bad"));
  document.addEventListener("htmx:responseError", () => toast("That did not work. Nothing was changed.", "bad"));
  const bar = document.querySelector(".bar");
  if (bar) {
    const mark = () => bar.toggleAttribute("data-stuck", window.scrollY > 4);
    document.addEventListener("scroll", mark, { passive: true });
    mark();
  }
}
