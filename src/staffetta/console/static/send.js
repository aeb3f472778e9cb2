// What forms that send do beside what the server says: the browser's own time, and one click only.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const label of document.querySelectorAll("[data-zone]")) {
  label.textContent = label.dataset.zone.replace("ZONE", zone);
}

// The field holds the browser's own time; the server is told which moment that is.
function tellMoment(form) {
  const field = form?.elements?.namedItem("send_at");
  const moment = form?.elements?.namedItem("send_at_utc");
  if (!field || !moment || field.type === "hidden") return;
  const at = new Date(field.value);
  moment.value = Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

document.addEventListener("input", (event) => tellMoment(event.target.form), true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  tellMoment(form);
  if (!form.hasAttribute("data-once")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// A page that is come back to may be sent again: the server knows what it has already.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// A column's name goes where the text is being written.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-insert]");
  const text = button?.form?.elements?.namedItem("text");
  if (!text) return;
  text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
});
