import { checkParams, declaredParam, valueProblem } from "./params.ts";
import { compileText, compileTextLater, PatternError, type TextTest } from "./pattern.ts";
import type { RuleSource } from "./rule-source.ts";
import { nearest } from "./spelling.ts";
import { symbolProblem } from "./symbol-pattern.ts";

/** A mistake in a rule, at a place of its source given as a JSON pointer below the rule. */
export interface CompileProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly severity: "error" | "warning";
}

/** What a rule may refer to outside itself. */
export interface CompileScope {
  readonly define?: Readonly<Record<string, unknown>>;
  /** Values for parameters, from the configuration; they win over the rule's defaults. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** The rule was checked before, as the tests check the built-in ones. */
  readonly checked?: boolean;
  /** The source is what is sound of a broken rule: only mistakes that do not depend on the rest are reported. */
  readonly partial?: boolean;
}

/** Keys of which a text is a whole function name. */
const frameKeys: ReadonlySet<string> = new Set(["at", "top", "entry", "frame", "stack", "created-by"]);

/** What the patterns and numbers of a rule refer to: its parameters and what is defined beside it. Collects the mistakes. */
export class RuleScope {
  readonly problems: CompileProblem[] = [];
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly #scope: CompileScope;
  readonly #usedParams = new Set<string>();

  constructor(source: RuleSource, scope: CompileScope) {
    this.#scope = scope;
    this.params = this.#readParams(source);
  }

  /** Only mistakes that do not depend on the rest of the rule are wanted. */
  get partial(): boolean {
    return this.#scope.partial === true;
  }

  /** Nobody wants to hear of mistakes. */
  get checked(): boolean {
    return this.#scope.checked === true;
  }

  /** Reports a mistake. */
  problem(path: string, message: string, hint?: string): void {
    this.problems.push({ path, message, ...(hint === undefined ? {} : { hint }), severity: "error" });
  }

  /** Reports a doubt that does not keep the rule from running. */
  warning(path: string, message: string, hint?: string): void {
    this.problems.push({ path, message, ...(hint === undefined ? {} : { hint }), severity: "warning" });
  }

  #readParams(source: RuleSource): Record<string, number | string | boolean> {
    const params: Record<string, number | string | boolean> = {};
    const given = this.#scope.params ?? {};
    for (const [name, declared] of Object.entries(source.params ?? {})) {
      const param = declaredParam(declared);
      params[name] = Object.hasOwn(given, name) ? (given[name] as typeof param.default) : param.default;
      if (typeof param.default !== "number" && (param.min !== undefined || param.max !== undefined))
        this.problem(`/params/${name}`, `parameter ${name} is no number: it has no min or max`);
      const wrong = valueProblem(name, param.default, param);
      if (wrong !== undefined) this.problem(`/params/${name}`, wrong);
    }
    for (const { message, hint } of checkParams(source, given)) this.problem("/params", message, hint);
    return params;
  }

  /** A number, or the value of `$params.name`. */
  number(value: unknown, path: string): number {
    if (typeof value === "number") return value;
    const param = this.param(String(value), path);
    if (typeof param === "number") return param;
    if (param !== undefined)
      this.problem(path, `${String(value)} is ${JSON.stringify(param)}, but a number is needed here`);
    return Number.NaN;
  }

  /** The value of `$params.name`. */
  param(text: string, path: string): number | string | boolean | undefined {
    const m = /^\$params\.([a-z][a-z0-9-]*)$/.exec(text);
    if (m === null) {
      this.problem(path, `expected a number or $params.name, not ${JSON.stringify(text)}`);
      return undefined;
    }
    const name = m[1]!;
    this.#usedParams.add(name);
    if (Object.hasOwn(this.params, name)) return this.params[name];
    const hint = nearest(name, Object.keys(this.params));
    this.problem(
      path,
      `the rule has no parameter ${name}`,
      hint === undefined ? "declare it under params" : `did you mean $params.${hint}?`,
    );
    return undefined;
  }

  /** A glob, `/regexp/` or `@list`. */
  text(pattern: string, path: string): TextTest {
    if (pattern.startsWith("@")) return this.#list(pattern.slice(1), path);
    if (pattern.startsWith("$params.")) {
      const value = this.param(pattern, path);
      return value === undefined ? () => false : this.text(String(value), path);
    }
    if (pattern.startsWith("$")) {
      this.problem(
        path,
        `${pattern} is no variable`,
        "variables are capital letters, digits and _, then ? or * if wanted: $TYPE, $C?, $AT*",
      );
      return () => false;
    }
    const property = path.split("/").findLast((part) => !/^\d+$/.test(part)) ?? "";
    const impossible = symbolProblem(frameKeys.has(property) ? "function" : property, pattern);
    if (impossible !== undefined) this.problem(path, impossible.message, impossible.hint);
    try {
      return this.#scope.checked === true ? compileTextLater(pattern) : compileText(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.problem(
        path,
        error.message,
        "regular expressions have RE2 syntax: no look-around, no back-references",
      );
      return () => false;
    }
  }

  #list(name: string, path: string): TextTest {
    const list = this.definition(name, path);
    if (list === undefined) return () => false;
    if (!Array.isArray(list)) {
      this.problem(path, `@${name} is no list of names`, "define it as a list of texts");
      return () => false;
    }
    const tests = list.map((item) => this.text(String(item), path));
    return (text) => tests.some((test) => test(text));
  }

  /** What is defined under a name; a problem and `undefined` when nothing is. */
  definition(name: string, path: string): unknown {
    const define = this.#scope.define ?? {};
    if (Object.hasOwn(define, name)) return define[name];
    const hint = nearest(name, Object.keys(define));
    this.problem(
      path,
      `nothing named ${name} is defined`,
      hint === undefined ? "add it under define" : `did you mean ${hint}?`,
    );
    return undefined;
  }

  /** Warns of parameters that nothing uses. */
  checkParamsUsed(): void {
    for (const name of Object.keys(this.params)) {
      if (!this.#usedParams.has(name)) this.warning(`/params/${name}`, `parameter ${name} is not used`);
    }
  }
}
