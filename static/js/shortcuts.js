// Single keys for people who live in the queue. Off while typing, in a dialog, or by one's own choice.

const TYPING = "input, select, textarea, [contenteditable]";
let waitsForGo = false;

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.hasAttribute("data-current"));
  const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
  for (const row of all) row.toggleAttribute("data-current", row === next);
  next.scrollIntoView({ block: "nearest" });
  const link = next.querySelector("[data-row-link], a") ?? next;
  link.focus({ preventScroll: true });
  // Rows that show their lead beside the list listen for this; other rows open by Enter.
  link.dispatchEvent(new CustomEvent("accord:open", { bubbles: true }));
}

function press(key) {
  const row = document.querySelector("[data-row][data-current]");
  const name = CSS.escape(key);
  const control = row?.querySelector(`[data-key="${name}"]`) ?? document.querySelector(`[data-key="${name}"]`);
  if (!control) return false;
  control.click();
  return true;
}

function choose(digit) {
  const choice = document.querySelectorAll("[data-digits] input[type=radio]")[digit - 1];
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function go(key) {
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (link) link.click();
  return Boolean(link);
}

const actions = {
  "?": () => { document.querySelector('[data-opens="shortcuts"]')?.click(); return true; },
  "/": () => { const field = document.querySelector("[data-search]"); field?.focus(); return Boolean(field); },
  j: () => { step(1); return true; },
  k: () => { step(-1); return true; },
  f: () => press("f"),
};

function handle(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    // A form opened in the panel is sent from wherever the focus is, not the link beneath it opened.
    const form = event.target.closest?.("form") ?? document.querySelector("[data-act] form");
    if (form) { form.requestSubmit(); event.preventDefault(); }
    return;
  }
  const isOff = event.ctrlKey || event.metaKey || event.altKey || !document.body.hasAttribute("data-shortcuts");
  const isRadio = event.target.matches?.('input[type="radio"], input[type="checkbox"]');
  if (isOff || (event.target.closest?.(TYPING) && !isRadio) || document.querySelector("dialog[open]")) return;
  let done;
  if (waitsForGo) done = go(event.key);
  else if (event.key in actions) done = actions[event.key]();
  else if (/^[1-9]$/.test(event.key)) done = choose(Number(event.key));
  else done = /^[a-z]$/.test(event.key) && event.key !== "g" && press(event.key);
  waitsForGo = !waitsForGo && event.key === "g";
  if (waitsForGo) setTimeout(() => { waitsForGo = false; }, 1200);
  if (done) event.preventDefault();
}

/** Keeps the mark of the row in hand where the focus is. */
function mark(event) {
  const row = event.target.closest?.("[data-row]");
  if (!row) return;
  for (const other of rows()) other.toggleAttribute("data-current", other === row);
}

/** Listens for single keys. */
export function startShortcuts() {
  document.addEventListener("keydown", handle);
  document.addEventListener("focusin", mark);
}
