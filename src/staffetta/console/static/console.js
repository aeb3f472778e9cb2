// What pages do beside what the server says: own time, copying, asking before what cannot be undone.
"use strict";

const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: "medium",
  timeStyle: "medium",
});

function showOwnTime(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = time.textContent;
    time.textContent = clock.format(moment);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = button.parentElement.querySelector("code").textContent;
  navigator.clipboard?.writeText(text).then(() => {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 2000);
  });
});

document.addEventListener("submit", (event) => {
  const ticked = event.target.querySelector("input[data-confirm]:checked");
  const question = (event.submitter?.dataset ?? {}).confirm ?? (ticked ?? event.target).dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A request that a script makes bears the page's form token, as a form does.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('input[name="form_token"]');
  if (token) event.detail.headers["x-form-token"] = token.value;
});

document.addEventListener("htmx:afterSettle", (event) => showOwnTime(event.target));
showOwnTime(document);
// On a phone the list of pages is longer than the screen is wide.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
