// The form of a token: a choice ticks its boxes, and a box that is ticked by hand is a choice of its own.
"use strict";

for (const group of document.querySelectorAll("fieldset[data-presets]")) {
  const boxes = [...group.querySelectorAll('input[type="checkbox"]')];
  const chosen = group.querySelector('input[type="radio"][value="chosen"]');
  group.addEventListener("change", ({ target }) => {
    if (target.type === "checkbox") {
      chosen.checked = true;
    } else if (target.type === "radio" && target !== chosen) {
      for (const box of boxes) {
        box.checked = box.dataset.presets.split(" ").includes(target.value);
      }
    }
  });
}

// Scopes that are written by hand are a choice of its own too.
document.getElementById("other")?.addEventListener("input", ({ target }) => {
  if (target.value.trim()) document.querySelector('input[name="access"][value="chosen"]').checked = true;
});

const day = document.getElementById("until");
day?.addEventListener("input", () => {
  document.querySelector('input[name="lifetime"][value="date"]').checked = true;
});
