// Redocly's linter, with the rules it recommends, over the OpenAPI documents that are named:
// prints a JSON array of what it found.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// An ES module does not look into NODE_PATH by itself.
const place = join(process.env.NODE_PATH, "@redocly", "openapi-core", "lib", "index.js");
const { createConfig, lint, BaseResolver } = await import(pathToFileURL(place));

const config = await createConfig({ extends: ["recommended"] });
const found = [];
for (const path of process.argv.slice(2)) {
  const problems = await lint({ ref: path, config, externalRefResolver: new BaseResolver() });
  for (const { ruleId, severity, message, location } of problems) {
    found.push({ path, rule: ruleId, severity, message, at: location.map((one) => one.pointer) });
  }
}
console.log(JSON.stringify(found));
