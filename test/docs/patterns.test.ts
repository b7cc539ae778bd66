import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { builtinRules } from "../../src/rules/builtin.ts";

test("the page of patterns names rules that exist, and every rule", () => {
  const page = readFileSync("docs/patterns.md", "utf8");
  const named = new Set([...page.matchAll(/`([a-z0-9]+\/[a-z-]+)`/g)].map((m) => m[1]!));
  const ids = builtinRules().map((rule) => rule.id);
  expect([...named].filter((id) => !ids.includes(id))).toEqual([]);
  expect(ids.filter((id) => !named.has(id))).toEqual([]);
});
