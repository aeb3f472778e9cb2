// A Postman collection for each service: make-postman.js DOCUMENTS COLLECTIONS
//
// openapi-to-postmanv2 makes them from the English documents. Here they become what somebody can
// run at once: only what a call needs is switched on, ids that one call answers are kept for the
// next, and each answer is compared with the statuses that the document names. Run by
// `make postman`; what it wrote is committed, and the same documents give the same octets.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { promisify } = require("node:util");
const converter = require("openapi-to-postmanv2");

const convert = promisify(converter.convertV2);
const OPTIONS = {
  folderStrategy: "Tags",
  requestNameSource: "Fallback",
  parametersResolution: "Example",
  alwaysInheritAuthentication: false,
};
// Schemes of the documents, to the variables that hold their credentials.
const CREDENTIALS = {
  bearer: () => ({ type: "bearer", bearer: [{ key: "token", value: "{{token}}", type: "string" }] }),
  basic: () => ({
    type: "basic",
    basic: [
      { key: "username", value: "{{email}}", type: "string" },
      { key: "password", value: "{{apiKey}}", type: "string" },
    ],
  }),
};

// An id that is the same whenever the same is named.
function idOf(name) {
  const hex = crypto.createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function whole(document, node) {
  if (!node?.$ref) return node;
  return whole(document, node.$ref.replace("#/", "").split("/").reduce((found, step) => found[step], document));
}

function callsOf(document) {
  const calls = new Map();
  for (const [address, methods] of Object.entries(document.paths)) {
    for (const [method, call] of Object.entries(methods)) {
      calls.set(`${method.toUpperCase()} ${address}`, { ...call, address });
    }
  }
  return calls;
}

function itemsOf(items) {
  return items.flatMap((item) => (item.item ? itemsOf(item.item) : [item]));
}

function authOf(document, call) {
  const names = (call.security ?? document.security ?? []).flatMap(Object.keys);
  const scheme = names.length && document.components.securitySchemes[names[0]].scheme;
  return scheme ? CREDENTIALS[scheme]() : { type: "noauth" };
}

// What the least request is: the example that the document calls so, else its first.
function bodyOf(document, call) {
  const [content] = Object.values(whole(document, call.requestBody)?.content ?? {});
  const examples = content?.examples ?? {};
  return (examples.least ?? Object.values(examples)[0])?.value;
}

function switchOff(parameters, document, call) {
  const needed = (call.parameters ?? []).map((one) => whole(document, one)).filter((one) => one.required);
  const names = new Set(needed.map((one) => one.name));
  const always = new Set(["Content-Type", "Accept"]);
  for (const one of parameters ?? []) {
    if (!names.has(one.key) && !always.has(one.key)) one.disabled = true;
  }
}

// What the document's links take from an answer: the parameter, and where it stands in the body.
function keptOf(document, call) {
  const kept = {};
  for (const response of Object.values(call.responses)) {
    for (const link of Object.values(whole(document, response).links ?? {})) {
      for (const [name, expression] of Object.entries(whole(document, link).parameters)) {
        const pointer = expression.replace("$response.body#/", "");
        kept[name] = pointer.replaceAll("/", "?.").replace(/\?\.(\d+)/g, "?.[$1]");
      }
    }
  }
  return kept;
}

// After a call: its status is one that the document names, and what it made is kept.
function afterwards(document, call) {
  const statuses = Object.keys(call.responses).map(Number);
  const kept = Object.entries(keptOf(document, call)).map(
    ([name, place]) =>
      `const ${name} = body?.${place};\n` +
      `if (${name} !== undefined) pm.collectionVariables.set("${name}", ${name});`,
  );
  const lines = [
    'pm.test("the status is one of the reference, and no fault", () => {',
    `  pm.expect(pm.response.code).to.be.oneOf([${statuses.filter((one) => one < 500).join(", ")}]);`,
    "});",
    ...(kept.length
      ? ["let body;", "try { body = pm.response.json(); } catch { body = undefined; }", ...kept]
      : []),
  ];
  return [{ listen: "test", script: { type: "text/javascript", exec: lines.join("\n").split("\n") } }];
}

function finish(document, service, item, call, shared) {
  const { request } = item;
  const [responses] = [item.response ?? []];
  item.id = idOf(`${service} ${call.operationId}`);
  item.event = afterwards(document, call);
  request.auth = authOf(document, call);
  switchOff(request.header, document, call);
  switchOff(request.url.query, document, call);
  for (const variable of request.url.variable ?? []) {
    if (shared.has(variable.key)) variable.value = `{{${variable.key}}}`;
  }
  const body = bodyOf(document, call);
  if (body !== undefined) request.body.raw = JSON.stringify(body, null, 2);
  responses.forEach((response, place) => {
    response.id = idOf(`${service} ${call.operationId} ${place}`);
    switchOff(response.originalRequest.header, document, call);
    switchOff(response.originalRequest.url.query, document, call);
  });
}

// Parameters of paths that one variable can stand for, with an example: an answer gives it, or the
// example is the same in all calls.
function variablesOf(document) {
  const calls = [...callsOf(document).values()];
  const kept = new Set(calls.flatMap((call) => Object.keys(keptOf(document, call))));
  const examples = new Map();
  for (const one of calls.flatMap((call) => call.parameters ?? []).map((one) => whole(document, one))) {
    if (one.in !== "path") continue;
    examples.set(one.name, (examples.get(one.name) ?? new Set()).add(String(one.schema.examples[0])));
  }
  return [...examples]
    .filter(([key, values]) => kept.has(key) || values.size === 1)
    .map(([key, values]) => ({ key, value: [...values].at(-1) }));
}

async function collectionOf(document, service) {
  const result = await convert({ type: "json", data: structuredClone(document) }, OPTIONS);
  if (!result.result) throw new Error(`${service}: ${result.reason}`);
  const collection = result.output[0].data;
  const calls = callsOf(document);
  collection.info._postman_id = idOf(service);
  collection.info.name = `${document.info.title} ${document.info.version} (${service})`;
  collection.auth = authOf(document, {});
  collection.variable = variablesOf(document);
  const shared = new Set(collection.variable.map((one) => one.key));
  delete collection.event;
  collection.item = collection.item.filter((folder) => folder.item === undefined || folder.item.length);
  for (const folder of collection.item) if (folder.id) folder.id = idOf(`${service} ${folder.name}`);
  for (const item of itemsOf(collection.item)) {
    const address = `/${item.request.url.path.map((part) => part.replace(/^:(.*)$/, "{$1}")).join("/")}`;
    finish(document, service, item, calls.get(`${item.request.method} ${address}`), shared);
  }
  return collection;
}

function environmentOf(document, service, name) {
  const server = document.servers.find((one) => one.url.startsWith("/sandbox/") === (name === "sandbox"));
  const values = { baseUrl: `https://gateway.example${server.url}`, token: "", email: "", apiKey: "" };
  // Where the API key makes tokens, the newest is kept; an environment's own would hide it.
  if (authOf(document, {}).type === "basic") delete values.token;
  return {
    id: idOf(`${service} ${name}`),
    name: `Staffetta ${service} ${name}`,
    values: Object.entries(values).map(([key, value]) => ({
      key,
      value,
      type: key === "baseUrl" || key === "email" ? "default" : "secret",
      enabled: true,
    })),
    _postman_variable_scope: "environment",
  };
}

async function main(documents, directory) {
  fs.mkdirSync(directory, { recursive: true });
  const write = (name, content) =>
    fs.writeFileSync(path.join(directory, name), `${JSON.stringify(content, null, 1)}\n`);
  for (const file of fs.readdirSync(documents).filter((name) => name.endsWith(".en.openapi.json"))) {
    const document = JSON.parse(fs.readFileSync(path.join(documents, file), "utf8"));
    const service = file.replace(".en.openapi.json", "");
    write(`${service}.postman_collection.json`, await collectionOf(document, service));
    for (const name of ["sandbox", "production"]) {
      write(`${service}.${name}.postman_environment.json`, environmentOf(document, service, name));
    }
  }
}

main(...process.argv.slice(2));
