// What pages do beside what the server says: own time, copying, asking before what cannot be undone,
// and sending a form once.
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

// A second click waits for the answer to the first, which may show what is shown once. The window's
// turn comes after everybody else's, so that what was stopped may be sent again.
const sent = new Set();
const WAITED_MILLISECONDS = 30000;

function letSendAgain(form) {
  sent.delete(form);
  form.removeAttribute("aria-busy");
}

window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  form.setAttribute("aria-busy", "true");
  setTimeout(letSendAgain, WAITED_MILLISECONDS, form);
});

window.addEventListener("pageshow", () => sent.forEach(letSendAgain));

// A request that a script makes bears the page's form token, as a form does.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('input[name="form_token"]');
  if (token) event.detail.headers["x-form-token"] = token.value;
});

document.addEventListener("htmx:afterSettle", (event) => showOwnTime(event.target));
showOwnTime(document);
// On a phone the list of pages is longer than the screen is wide.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
