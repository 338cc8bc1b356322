// Fires `accord:poll` on elements with data-poll="15" while the page is seen; htmx listens with
// hx-trigger="accord:poll". An element a person points at or types in is left alone.

/** Starts the beat of every polled element, also of those swapped in later. */
export function startPolling() {
  const last = new WeakMap();
  const loaded = Date.now();
  setInterval(() => {
    if (document.hidden) return;
    for (const part of document.querySelectorAll("[data-poll]")) {
      const due = (last.get(part) ?? loaded) + Number(part.dataset.poll) * 1000;
      const isHeld = part.matches(":hover, :focus-within") || part.querySelector("[open], :checked");
      if (Date.now() < due || isHeld) continue;
      last.set(part, Date.now());
      part.dispatchEvent(new CustomEvent("accord:poll", { bubbles: false }));
    }
  }, 1000);
}
