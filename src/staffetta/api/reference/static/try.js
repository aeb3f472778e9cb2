// Swagger UI on this server's document: the sandbox unless somebody chooses otherwise, and tokens
// that are kept for each environment apart.
"use strict";

const place = document.getElementById("calls");
const store = `staffetta-try${location.pathname.replace(/^\/docs\/[a-z]+/, "").replace(/\/try$/, "")}`;
let environment = "sandbox";

const keyOf = (name) => `${store}/${name}`;

function serversOf(spec, name) {
  // Only this server's own: a page of it may not call another host.
  const own = spec.servers.filter((server) => server.url.startsWith("/"));
  return own.filter((server) => server.url.startsWith("/sandbox/") === (name === "sandbox"));
}

const heldBy = (ui) => ui.authSelectors.authorized()?.toJS() ?? {};

function keepAuthorization(ui) {
  sessionStorage.setItem(keyOf(environment), JSON.stringify(heldBy(ui)));
}

function takeAuthorization(ui) {
  const held = JSON.parse(sessionStorage.getItem(keyOf(environment)) ?? "{}");
  const others = Object.keys(heldBy(ui));
  if (others.length) ui.authActions.logout(others);
  if (Object.keys(held).length) ui.authActions.authorize(held);
}

function followDarkness() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", show);
  show();
}

function showEnvironment() {
  document.body.dataset.environment = environment;
  for (const one of document.querySelectorAll("[data-environment]")) {
    if (one.matches("strong")) one.hidden = one.dataset.environment !== environment;
    if (one.matches("button")) {
      one.setAttribute("aria-pressed", String(one.dataset.environment === environment));
    }
  }
}

async function start() {
  const spec = await (await fetch(place.dataset.document)).json();
  const specOf = (name) => ({ ...spec, servers: serversOf(spec, name) });
  const ui = SwaggerUIBundle({
    spec: specOf(environment),
    domNode: place,
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    validatorUrl: null,
    onComplete: () => takeAuthorization(ui),
  });
  showEnvironment();
  window.addEventListener("pagehide", () => keepAuthorization(ui));
  for (const button of document.querySelectorAll("button[data-environment]")) {
    button.addEventListener("click", () => {
      keepAuthorization(ui);
      environment = button.dataset.environment;
      ui.specActions.updateJsonSpec(specOf(environment));
      takeAuthorization(ui);
      showEnvironment();
    });
  }
}

followDarkness();
start();
