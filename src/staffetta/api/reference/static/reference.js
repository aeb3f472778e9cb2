// Samples in another language at once, where they are read; and copying.
"use strict";

const variant = document.querySelector("form.variant");
if (variant) {
  variant.querySelector("button").hidden = true;
  variant.addEventListener("change", () => variant.requestSubmit());
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 2000);
  });
}
