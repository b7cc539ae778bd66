// Writes schemas/rules.schema.json from the predicates; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { ruleFileSchema } from "../dist/rules/schema.js";

const target = new URL("../schemas/rules.schema.json", import.meta.url);
const text = `${JSON.stringify(ruleFileSchema(), undefined, 2)}\n`;

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("schemas/rules.schema.json is not what the predicates say: run npm run schema");
  process.exitCode = 1;
}
