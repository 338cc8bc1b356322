// The projector: ?present=1. One section per screen by arrow keys; the page loads again each minute.

/** Wires the arrows when the page is presented. */
export function startPresenting() {
  const toggle = document.querySelector("[data-present-switch]");
  toggle?.addEventListener("click", () => {
    const address = new URL(location.href);
    address.searchParams.set("present", "1");
    location.assign(address);
  });
  if (!document.body.hasAttribute("data-present")) return;
  const sections = () => [...document.querySelectorAll(".main > *")];
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const address = new URL(location.href);
      address.searchParams.delete("present");
      location.assign(address);
    }
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!by) return;
    const all = sections();
    const now = all.findIndex((section) => section.getBoundingClientRect().bottom > 80);
    all[Math.min(Math.max(now + by, 0), all.length - 1)]?.scrollIntoView({ block: "start" });
    event.preventDefault();
  });
  setTimeout(() => location.reload(), 60_000);
}
