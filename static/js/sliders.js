// Keeps the number beside a slider in step with its position. Where the number is an input of its
// own (`<input type="range" data-slides="id of the number">`), it is what the form posts, and each
// follows the other.

function follow(moved, other, value) {
  if (other.value === value) return;
  other.value = value;
  // The form's preview and autosave listen to the number.
  if (moved.type === "range") other.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Listens once for all sliders, also those swapped in later. */
export function startSliders() {
  document.addEventListener("input", (event) => {
    const moved = event.target;
    const value = moved.closest?.(".slider")?.querySelector("output");
    if (value) value.textContent = moved.value;
    if (moved.dataset?.slides) {
      event.stopPropagation();
      const number = document.getElementById(moved.dataset.slides);
      if (number) follow(moved, number, moved.value);
    } else if (moved.id && moved.type === "number") {
      const slider = document.querySelector(`input[data-slides="${CSS.escape(moved.id)}"]`);
      if (slider) follow(moved, slider, moved.value || "0");
    }
  }, true);
}
