// Switches between light and dark. The choice is stored with the person when there is one to ask;
// the browser keeps it for the pages in between.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark now. */
export function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

/** Calls `listener` whenever the colours change. */
export function onThemeChange(listener) {
  document.addEventListener("accord:theme", listener);
  dark.addEventListener("change", listener);
}

/** Wires the switch of the top bar. */
export function startTheme() {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const theme = isDark() ? "light" : "dark";
    root.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("accord:theme"));
    const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    const address = document.querySelector("[data-theme-switch]").dataset.themeSwitch;
    if (address) fetch(address, { method: "POST", headers, body: new URLSearchParams({ theme }) });
  });
}
