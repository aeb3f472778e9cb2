// Parts of a page that look again by themselves: while somebody sees them, and selects nothing in them.
"use strict";

const passed = new WeakMap();

function isSelectedIn(part) {
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.anchorNode && part.contains(selection.anchorNode));
}

setInterval(() => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-again]")) {
    const seconds = (passed.get(part) ?? 0) + 1;
    const isDue = seconds >= Number(part.dataset.again) && !isSelectedIn(part);
    passed.set(part, isDue ? 0 : seconds);
    if (isDue) htmx.trigger(part, "again");
  }
}, 1000);

// Such a request does not say that somebody is there: a session ends although its pages stay open.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.triggeringEvent?.type === "again") event.detail.headers["x-again"] = "yes";
});

const short = new Intl.DateTimeFormat(document.documentElement.lang, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

function shortenTimes() {
  for (const time of document.querySelectorAll("time[data-short]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.textContent = short.format(moment);
  }
}

// What moves down as a conversation does stays at its end, unless somebody reads further up.
let stays = true;

function showNewest() {
  for (const part of document.querySelectorAll("[data-newest-last]")) {
    if (stays) part.scrollTop = part.scrollHeight;
  }
}

document.addEventListener("htmx:beforeSwap", () => {
  const part = document.querySelector("[data-newest-last]");
  stays = !part || part.scrollHeight - part.scrollTop - part.clientHeight < 40;
});

document.addEventListener("htmx:afterSettle", () => {
  shortenTimes();
  showNewest();
  const told = document.querySelector("[data-news-shown]");
  const news = document.querySelector("[data-news]")?.dataset.news;
  if (told && news && told.textContent !== news) told.textContent = news;
});

shortenTimes();
showNewest();
