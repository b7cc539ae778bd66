import { readFileSync } from "node:fs";
import { packageRoot } from "../package-root.ts";
import { compileRule } from "./compile.ts";
import type { Rule } from "./rule.ts";
import type { RuleSource } from "./rule-source.ts";

/** A file of built-in rules, as `npm run build` writes it. */
export interface BuiltinPack {
  readonly file: string;
  readonly defaults: Partial<RuleSource>;
  readonly define: Readonly<Record<string, unknown>>;
  readonly rules: readonly RuleSource[];
}

const built = new URL("dist/rules/builtin.json", packageRoot);

/** The built-in rules as written, file by file. */
export function builtinPacks(): BuiltinPack[] {
  return JSON.parse(readFileSync(built, "utf8")) as BuiltinPack[];
}

/** The built-in rules, compiled. They are checked by the tests, not at every start. */
export function builtinRules(): Rule[] {
  return builtinPacks().flatMap(({ define, defaults, rules }) =>
    rules.map((source) => compileRule({ ...defaults, ...source }, { define, checked: true }).rule),
  );
}
