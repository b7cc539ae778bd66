// Writes the schemas of rule files, test files and configurations; with --check only says whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { configSchema } from "../dist/config/config-schema.js";
import { benignFileSchema } from "../dist/rules/benign.js";
import { ruleFileSchema } from "../dist/rules/schema.js";
import { testFileSchema } from "../dist/rules/test-schema.js";

const schemas = {
  rules: ruleFileSchema(),
  tests: testFileSchema(),
  config: configSchema(),
  benign: benignFileSchema(),
};

for (const [name, schema] of Object.entries(schemas)) {
  const target = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  const text = `${JSON.stringify(schema, undefined, 2)}\n`;
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readText(target) !== text) {
    console.error(`schemas/${name}.schema.json is not what the sources say: run npm run schema`);
    process.exitCode = 1;
  }
}

function readText(target) {
  try {
    return readFileSync(target, "utf8");
  } catch {
    return "";
  }
}
