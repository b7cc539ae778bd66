import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/config-schema.ts";
import { builtinPacks } from "../../src/rules/builtin.ts";
import { compileRule } from "../../src/rules/compile.ts";
import { loadRuleFiles, ruleFiles } from "../../src/rules/load.ts";
import { ruleFileSchema } from "../../src/rules/schema.ts";
import { testFileSchema } from "../../src/rules/test-schema.ts";

type Schema = Record<string, unknown>;

/** Every key that a rule file may have, with its schema. */
function* keysOf(schema: Schema, path: string): Generator<[string, Schema]> {
  for (const [key, value] of Object.entries(
    (schema.properties as Record<string, Schema> | undefined) ?? {},
  )) {
    yield [`${path}/${key}`, value];
    yield* keysOf(value, `${path}/${key}`);
  }
  for (const part of ["items", "additionalProperties", "then", "else"]) {
    if (typeof schema[part] === "object") yield* keysOf(schema[part] as Schema, `${path}/${part}`);
  }
  for (const [name, definition] of Object.entries(
    (schema.definitions as Record<string, Schema> | undefined) ?? {},
  )) {
    yield* keysOf(definition, `${path}#${name}`);
  }
}

describe.each([
  ["rules", ruleFileSchema(), 100],
  ["tests", testFileSchema(), 15],
  ["config", configSchema(), 50],
] as const)("the schema of %s", (name, schema, fewest) => {
  const keys = [...keysOf(schema as Schema, "")];

  it("is the committed one", () => {
    const committed = JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as unknown;
    expect(schema).toEqual(committed);
  });

  it("describes every key, with an example", () => {
    expect(keys.length).toBeGreaterThan(fewest);
    const bare = keys.filter(
      ([, s]) => typeof s.description !== "string" || !Array.isArray(s.examples) || s.examples.length === 0,
    );
    expect(bare.map(([path]) => path)).toEqual([]);
  });
});

describe("the built-in rules", () => {
  it("are without mistakes and warnings", async () => {
    const loaded = await loadRuleFiles(await ruleFiles("rules"));
    expect(loaded.warnings.map((w) => `${w.file}:${w.position.line}: ${w.message}`)).toEqual([]);
  });

  it("say what is wrong, why, and what to do, with a reference", () => {
    const sources = builtinPacks().flatMap((p) => p.rules.map((r) => ({ ...p.defaults, ...r })));
    expect(sources.length).toBeGreaterThanOrEqual(12);
    for (const source of sources) {
      const { rule } = compileRule(source, {
        define: builtinPacks().find((p) => p.rules.some((r) => r.id === source.id))!.define,
      });
      expect.soft(rule.why, source.id).not.toBe("");
      expect.soft(rule.fix, source.id).not.toBe("");
      expect.soft(rule.references.length, source.id).toBeGreaterThan(0);
    }
  });
});
