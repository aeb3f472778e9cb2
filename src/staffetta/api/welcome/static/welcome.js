// Keeps the page's word on the server's health true, and copies the command. Without it both are there.
const SECONDS_BETWEEN = 10;

const health = document.querySelector("[data-health]");

async function lookAtHealth() {
  const isWell = await fetch(health.dataset.health).then((answer) => answer.ok, () => false);
  health.querySelector(".good").hidden = !isWell;
  health.querySelector(".bad").hidden = isWell;
}

setInterval(() => document.hidden || lookAtHealth(), SECONDS_BETWEEN * 1000);

// Browsers let pages of https, and of this machine, write to the clipboard.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      const said = button.parentElement.querySelector(".copied > span");
      said.hidden = false;
      setTimeout(() => { said.hidden = true; }, 4000);
    });
  }
}
