import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { languagePage } from "../../src/docs/language-page.ts";
import { rulesPage } from "../../src/docs/rules-page.ts";
import { builtinPacks } from "../../src/rules/builtin.ts";
import { flowText } from "../../src/rules/flow-text.ts";
import { predicates } from "../../src/rules/predicates/predicates.ts";
import { testProperties } from "../../src/rules/test-schema.ts";

const packs = builtinPacks().map(({ file, defaults, rules }) => ({
  file,
  rules: rules.map((rule) => ({ ...defaults, ...rule })),
}));

test("docs/rules.md is what the built-in rules say", () => {
  expect(readFileSync("docs/rules.md", "utf8")).toBe(rulesPage("Built-in rules", packs));
});

test("docs/rule-language.md is what the predicates say, and has each of them", () => {
  const page = readFileSync("docs/rule-language.md", "utf8");
  expect(page).toBe(languagePage());
  for (const { key } of predicates) expect(page).toContain(`| \`${key}\` |`);
  for (const key of Object.keys(testProperties)) expect(page).toContain(`| \`${key}\` |`);
});

test("values are written as YAML reads them", async () => {
  const { load } = await import("js-yaml");
  for (const value of [
    "a",
    "*x",
    "@list",
    "a: b",
    "",
    "true",
    "1",
    { a: ["b", { c: 2 }] },
    "$X?",
    "x,y",
    "/a{2}/",
  ])
    expect(load(flowText(value))).toEqual(value);
});
