// Keeps the number beside a slider in step with its position.

/** Listens once for all sliders, also those swapped in later. */
export function startSliders() {
  document.addEventListener("input", (event) => {
    const value = event.target.closest?.(".slider")?.querySelector("output");
    if (value) value.textContent = event.target.value;
  });
}
