// Writes docs/rules.md and docs/rule-language.md from the rules and the predicates; with --check only says whether
// they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { languagePage } from "../dist/docs/language-page.js";
import { rulesPage } from "../dist/docs/rules-page.js";
import { builtinPacks } from "../dist/rules/builtin.js";

const packs = builtinPacks().map(({ file, defaults, rules }) => ({
  file,
  rules: rules.map((rule) => ({ ...defaults, ...rule })),
}));
const pages = { "rules.md": rulesPage("Built-in rules", packs), "rule-language.md": languagePage() };

for (const [name, text] of Object.entries(pages)) {
  const target = new URL(`../docs/${name}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readText(target) !== text) {
    console.error(`docs/${name} is not what the rules and predicates say: run npm run docs`);
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
