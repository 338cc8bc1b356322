// Labels that open a sheet with their meaning. Without this script they are links to its page.

const EDGE = 16;

function sheetOf(link) {
  return document.getElementById(link.dataset.sheet);
}

/** Puts the sheet beneath its label, above it where there is no room, inside the window. */
function place(sheet, link) {
  const at = link.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = sheet;
  const left = Math.min(Math.max(at.left, EDGE), Math.max(innerWidth - width - EDGE, EDGE));
  const below = at.bottom + 6;
  const fits = below + height + EDGE <= innerHeight || at.top < height + EDGE;
  sheet.style.left = `${left}px`;
  sheet.style.top = `${Math.max(Math.min(fits ? below : at.top - height - 6, innerHeight - height - EDGE), EDGE)}px`;
}

function open(sheet, link) {
  sheet.showPopover();
  place(sheet, link);
  link.setAttribute("aria-expanded", "true");
  sheet.focus({ preventScroll: true });
  const moved = () => { if (sheet.matches(":popover-open")) place(sheet, link); };
  for (const move of ["resize", "scroll"]) addEventListener(move, moved, { passive: true });
  sheet.addEventListener("toggle", function closed(event) {
    if (event.newState !== "closed") return;
    sheet.removeEventListener("toggle", closed);
    for (const move of ["resize", "scroll"]) removeEventListener(move, moved);
    link.setAttribute("aria-expanded", "false");
    // Back to the label, unless the person has gone somewhere else already.
    if (document.activeElement === document.body || sheet.contains(document.activeElement)) link.focus({ preventScroll: true });
  });
}

function onClick(event) {
  const link = event.target.closest?.("a[data-sheet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const sheet = sheetOf(link);
  if (!sheet?.showPopover) return;
  event.preventDefault();
  event.stopPropagation();
  if (sheet.matches(":popover-open")) sheet.hidePopover();
  else open(sheet, link);
}

function mark() {
  for (const link of document.querySelectorAll("a[data-sheet]:not([aria-haspopup])")) {
    link.setAttribute("aria-haspopup", "dialog");
    link.setAttribute("aria-expanded", "false");
  }
}

/** Wires the labels of the page, and of fragments swapped in later. */
export function startWords() {
  // Before the rows around a label, which open on a click of their own.
  document.addEventListener("click", onClick, { capture: true });
  document.addEventListener("htmx:afterSettle", mark);
  mark();
}
