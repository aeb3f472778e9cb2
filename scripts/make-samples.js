// The code beside each call of the references: make-samples.js DOCUMENTS SAMPLES
//
// httpsnippet writes it, from the examples of the services' English documents, in the 22 ways that
// the published references show. Run by `make samples`; what it wrote is committed.
//
// A sample is for whoever reads it, on the server that shows it: so {{base}} stands where the
// server's address does. Where a way to write takes an address apart, there is a text for each form
// of address, with {{host}}, {{port}} and {{authority}} in the places of its parts.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { HTTPSnippet } = require("httpsnippet");

const VARIANTS = [
  ["shell", "curl", "Shell, curl", "bash"],
  ["shell", "httpie", "Shell, HTTPie", "bash"],
  ["shell", "wget", "Shell, wget", "bash"],
  ["python", "requests", "Python, Requests", "python"],
  ["python", "python3", "Python, http.client", "python"],
  ["node", "native", "Node.js", "javascript"],
  ["node", "request", "Node.js, Request", "javascript"],
  ["node", "unirest", "Node.js, Unirest", "javascript"],
  ["javascript", "xhr", "JavaScript, XMLHttpRequest", "javascript"],
  ["javascript", "jquery", "JavaScript, jQuery", "javascript"],
  ["php", "curl", "PHP, cURL", "php"],
  ["php", "http1", "PHP, HTTP v1", "php"],
  ["php", "http2", "PHP, HTTP v2", "php"],
  ["ruby", "native", "Ruby", "ruby"],
  ["go", "native", "Go", "go"],
  ["java", "okhttp", "Java, OkHttp", "java"],
  ["java", "unirest", "Java, Unirest", "java"],
  ["csharp", "restsharp", "C#, RestSharp", "csharp"],
  ["c", "libcurl", "C, libcurl", "c"],
  ["objc", "nsurlsession", "Objective-C, NSURLSession", "objective-c"],
  ["swift", "nsurlsession", "Swift, URLSession", "swift"],
  ["ocaml", "cohttp", "OCaml, CoHTTP", "ocaml"],
];
const HOST = "gateway.example";
const PORT = "65432"; // no example holds it
const FORMS = ["http", "https"].flatMap((scheme) => [
  { name: scheme, base: `${scheme}://${HOST}` },
  { name: `${scheme}:port`, base: `${scheme}://${HOST}:${PORT}` },
]);
const CREDENTIALS = {
  bearer: "Bearer REPLACE_BEARER_TOKEN",
  basic: "Basic REPLACE_BASIC_CREDENTIALS",
};

function whole(document, node) {
  if (!node?.$ref) return node;
  const steps = node.$ref.replace("#/", "").split("/");
  return whole(document, steps.reduce((found, step) => found[step], document));
}

function exampleOf(parameter) {
  return String(parameter.example ?? parameter.schema.examples[0]);
}

// The smallest request that the call takes: what need not be given is left out.
function requestOf(document, address, method, call, base) {
  const parameters = (call.parameters ?? []).map((one) => whole(document, one));
  const needed = parameters.filter((one) => one.required);
  const filled = needed
    .filter((one) => one.in === "path")
    .reduce((url, one) => url.replace(`{${one.name}}`, encodeURIComponent(exampleOf(one))), address);
  const sandbox = document.servers[0].url;
  const headers = [];
  const [security] = call.security ?? document.security;
  for (const name of Object.keys(security ?? {})) {
    const { scheme } = document.components.securitySchemes[name];
    headers.push({ name: "Authorization", value: CREDENTIALS[scheme] });
  }
  const [type, body] = Object.entries(whole(document, call.requestBody)?.content ?? {})[0] ?? [];
  if (type) headers.unshift({ name: "Content-Type", value: type });
  const value = body && (body.examples.least ?? Object.values(body.examples)[0]).value;
  return {
    method: method.toUpperCase(),
    url: base + sandbox + filled,
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers,
    queryString: needed
      .filter((one) => one.in === "query")
      .map((one) => ({ name: one.name, value: exampleOf(one) })),
    ...(type && { postData: { mimeType: type, text: JSON.stringify(value) } }),
    headersSize: -1,
    bodySize: -1,
  };
}

function written(request, target, client, base) {
  const text = new HTTPSnippet(request).convert(target, client);
  return String(Array.isArray(text) ? text[0] : text)
    .replaceAll(base, "{{base}}")
    .replaceAll(`${HOST}:${PORT}`, "{{authority}}")
    .replaceAll(HOST, "{{host}}")
    .replaceAll(PORT, "{{port}}");
}

function sample(document, address, method, call, [target, client]) {
  const texts = FORMS.map(({ name, base }) => [
    name,
    written(requestOf(document, address, method, call, base), target, client, base),
  ]);
  const isOne = texts.every(([, text]) => text === texts[0][1]);
  return isOne ? texts[0][1] : Object.fromEntries(texts);
}

function samplesOf(document) {
  const calls = {};
  for (const [address, methods] of Object.entries(document.paths)) {
    for (const [method, call] of Object.entries(methods)) {
      calls[call.operationId] = Object.fromEntries(
        VARIANTS.map((variant) => [
          variant.slice(0, 2).join("-"),
          sample(document, address, method, call, variant),
        ]),
      );
    }
  }
  const variants = VARIANTS.map(([target, client, title, syntax]) => ({
    id: `${target}-${client}`,
    title,
    syntax,
  }));
  return { variants, calls };
}

const [documents, directory] = process.argv.slice(2);
fs.mkdirSync(directory, { recursive: true });
for (const file of fs.readdirSync(documents).filter((name) => name.endsWith(".en.openapi.json"))) {
  const document = JSON.parse(fs.readFileSync(path.join(documents, file), "utf8"));
  const target = path.join(directory, file.replace(".en.openapi.json", ".json"));
  fs.writeFileSync(target, `${JSON.stringify(samplesOf(document), null, 1)}\n`);
}
