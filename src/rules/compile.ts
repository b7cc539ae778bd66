import { allOf, type Condition, truth } from "../match/condition.ts";
import type { Capability } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import { roleDoubts } from "./check-role.ts";
import { flowText } from "./flow-text.ts";
import { checkParams, declaredParam, valueProblem } from "./params.ts";
import { type Capture, compileText, compileTextLater, PatternError, type TextTest } from "./pattern.ts";
import type { PredicateContext, VariableKind } from "./predicates/predicate.ts";
import { predicateByKey } from "./predicates/predicates.ts";
import { waitKindsOf } from "./predicates/wait.ts";
import { rangeTest } from "./range.ts";
import { requiredNames } from "./required-names.ts";
import type { JoinStep, MessagePart, NamedCondition, Role, Rule, When } from "./rule.ts";
import type { RoleSource, RuleSource, WhenSource } from "./rule-source.ts";
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

/** Keys of a role that are no conditions. */
export const roleKeys: ReadonlySet<string> = new Set(["title", "count", "share", "optional", "absent"]);

/** Keys of which a text is a whole function name. */
const frameKeys: ReadonlySet<string> = new Set(["at", "top", "entry", "frame", "stack", "created-by"]);

/** The most goroutines that one cycle may have, unless the rule says less. */
const defaultCycleLength = 8;

/** Compiles a rule that the schema accepts. All mistakes are reported; the rule runs only when there is none. */
export function compileRule(
  source: RuleSource,
  scope: CompileScope = {},
): { rule: Rule; problems: CompileProblem[] } {
  return new RuleCompiler(source, scope).compile();
}

class RuleCompiler implements PredicateContext {
  readonly #source: RuleSource;
  readonly #scope: CompileScope;
  readonly #problems: CompileProblem[] = [];
  readonly #params: Record<string, number | string | boolean> = {};
  readonly #usedParams = new Set<string>();
  readonly #variables = new Map<string, VariableKind>();
  readonly #uses = new Map<string, { count: number; path: string }>();
  /** Variables of the role that is being compiled. */
  #role = {
    variables: new Map<string, { kind: VariableKind; optional: boolean }>(),
    collected: new Set<string>(),
    idColumns: new Map<number, Set<string | undefined>>(),
  };
  /** Inside `not`, captures refer to what is bound elsewhere. */
  #negated = 0;
  readonly #negatedUses = new Map<string, string>();
  #needs = new Set<Capability>();
  readonly #defining: string[] = [];

  constructor(source: RuleSource, scope: CompileScope) {
    this.#source = source;
    this.#scope = scope;
  }

  compile(): { rule: Rule; problems: CompileProblem[] } {
    const source = this.#source;
    this.#readParams();
    const event = this.#event();
    const roles = Object.entries(source.roles).map(([name, role]) => this.#compileRole(name, role));
    const joinedBy = this.#joinSteps();
    const cycle = this.#cycle();
    const confidence =
      typeof source.confidence === "string"
        ? { base: source.confidence }
        : (source.confidence ?? { base: "medium" as const });
    const rule: Rule = {
      id: source.id,
      title: source.title,
      severity: source.severity,
      params: this.#params,
      event,
      roles,
      joinedBy,
      cycle,
      confidence: confidence.base,
      raise: (confidence.raise ?? []).map((r, i) => ({
        to: r.to,
        when: this.#when(r.when, `/confidence/raise/${i}/when`),
        text: JSON.stringify(r.when),
      })),
      lower: (confidence.lower ?? []).map((r, i) => ({
        to: r.to,
        when: this.#when(r.when, `/confidence/lower/${i}/when`),
        text: JSON.stringify(r.when),
      })),
      escalate: (source.escalate ?? []).map((e, i) => ({
        severity: e.severity,
        when: this.#when(e.when, `/escalate/${i}/when`),
        text: flowText(e.when),
      })),
      onlyWithSource: source["only-with"] === "source",
      unless: (source.unless ?? []).map((when, i) => ({
        when: this.#when(when, `/unless/${i}`),
        text: flowText(when),
      })),
      explains: this.#explains(),
      picture: (source.picture ?? []).map((edge) => ({ ...edge, certainty: edge.certainty ?? "observed" })),
      variables: this.#variables,
      message: this.#message(source.message),
      why: source.why?.trim() ?? "",
      fix: source.fix?.trim() ?? "",
      references: source.references ?? [],
      tags: source.tags ?? [],
    };
    if (this.#scope.partial === true) return { rule, problems: this.#problems };
    this.#checkWhole(rule);
    return { rule, problems: this.#problems };
  }

  problem(path: string, message: string, hint?: string): void {
    this.#problems.push({ path, message, ...(hint === undefined ? {} : { hint }), severity: "error" });
  }

  #warning(path: string, message: string, hint?: string): void {
    this.#problems.push({ path, message, ...(hint === undefined ? {} : { hint }), severity: "warning" });
  }

  #readParams(): void {
    const given = this.#scope.params ?? {};
    for (const [name, declared] of Object.entries(this.#source.params ?? {})) {
      const param = declaredParam(declared);
      this.#params[name] = Object.hasOwn(given, name) ? (given[name] as typeof param.default) : param.default;
      if (typeof param.default !== "number" && (param.min !== undefined || param.max !== undefined))
        this.problem(`/params/${name}`, `parameter ${name} is no number: it has no min or max`);
      const wrong = valueProblem(name, param.default, param);
      if (wrong !== undefined) this.problem(`/params/${name}`, wrong);
    }
    for (const { message, hint } of checkParams(this.#source, given)) this.problem("/params", message, hint);
  }

  number(value: unknown, path: string): number {
    if (typeof value === "number") return value;
    const param = this.#param(String(value), path);
    if (typeof param === "number") return param;
    if (param !== undefined)
      this.problem(path, `${String(value)} is ${JSON.stringify(param)}, but a number is needed here`);
    return Number.NaN;
  }

  #param(text: string, path: string): number | string | boolean | undefined {
    const m = /^\$params\.([a-z][a-z0-9-]*)$/.exec(text);
    if (m === null) {
      this.problem(path, `expected a number or $params.name, not ${JSON.stringify(text)}`);
      return undefined;
    }
    const name = m[1]!;
    this.#usedParams.add(name);
    if (Object.hasOwn(this.#params, name)) return this.#params[name];
    const hint = nearest(name, Object.keys(this.#params));
    this.problem(
      path,
      `the rule has no parameter ${name}`,
      hint === undefined ? "declare it under params" : `did you mean $params.${hint}?`,
    );
    return undefined;
  }

  text(pattern: string, path: string): TextTest {
    if (pattern.startsWith("@")) return this.#list(pattern.slice(1), path);
    if (pattern.startsWith("$params.")) {
      const value = this.#param(pattern, path);
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
    const list = this.#definition(name, path);
    if (list === undefined) return () => false;
    if (!Array.isArray(list)) {
      this.problem(path, `@${name} is no list of names`, "define it as a list of texts");
      return () => false;
    }
    const tests = list.map((item) => this.text(String(item), path));
    return (text) => tests.some((test) => test(text));
  }

  #definition(name: string, path: string): unknown {
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

  named(name: string, path: string): Condition {
    if (this.#defining.includes(name)) {
      this.problem(path, `the definition ${name} refers to itself: ${[...this.#defining, name].join(" → ")}`);
      return { attributes: 0, evaluate: () => truth(false) };
    }
    const definition = this.#definition(name, path);
    if (definition === undefined) return { attributes: 0, evaluate: () => truth(false) };
    if (typeof definition !== "object" || definition === null || Array.isArray(definition)) {
      this.problem(
        path,
        `${name} is defined as a list of names; here a condition is needed`,
        `write it as @${name} in a pattern`,
      );
      return { attributes: 0, evaluate: () => truth(false) };
    }
    this.#defining.push(name);
    const condition = allOf(this.conditions(definition, path));
    this.#defining.pop();
    return condition;
  }

  conditions(source: unknown, path: string): Condition[] {
    return this.#namedConditions(source as Record<string, unknown>, path).map((c) => c.condition);
  }

  #namedConditions(source: Record<string, unknown>, path: string): NamedCondition[] {
    const out: NamedCondition[] = [];
    // `not` comes last, so that what it refers to is bound.
    const keys = Object.keys(source).sort((a, b) => Number(a === "not") - Number(b === "not"));
    for (const key of keys) {
      const predicate = predicateByKey.get(key);
      if (predicate === undefined) continue;
      for (const need of predicate.needs) this.#needs.add(need);
      if (key === "not") this.#negated++;
      const condition = predicate.compile(source[key], this, `${path}/${key}`);
      if (key === "not") this.#negated--;
      out.push({ key, source: source[key], condition });
    }
    return out;
  }

  binds(capture: Capture, kind: VariableKind, path: string): void {
    const { name, optional, collected } = capture;
    const use = this.#uses.get(name);
    if (use === undefined) this.#uses.set(name, { count: 1, path });
    else use.count++;
    if (this.#negated > 0) {
      this.#negatedUses.set(name, path);
      return;
    }
    const known = this.#variables.get(name);
    if (known === undefined) this.#variables.set(name, kind);
    else if (known !== kind && (unlikeTexts.has(known) || unlikeTexts.has(kind))) {
      this.problem(
        path,
        `$${name} is bound to ${words[known]} in one place and to ${words[kind]} here: they are never equal`,
      );
    }
    if (collected) this.#role.collected.add(name);
    else {
      const before = this.#role.variables.get(name);
      this.#role.variables.set(name, { kind, optional: optional && (before?.optional ?? true) });
    }
  }

  reads(column: number, variable: string | undefined): void {
    const known = this.#role.idColumns.get(column);
    if (known === undefined) this.#role.idColumns.set(column, new Set([variable]));
    else known.add(variable);
  }

  #compileRole(name: string, source: RoleSource): Role {
    const path = `/roles/${name}`;
    this.#role = { variables: new Map(), collected: new Set(), idColumns: new Map() };
    this.#needs = new Set();
    const conditions = this.#namedConditions(source, path);
    if (this.#scope.partial !== true) {
      if (conditions.length === 0)
        this.problem(path, `role ${name} has no condition: it would be every goroutine`);
      for (const doubt of roleDoubts(name, source))
        this.#problems.push({ ...doubt, path: path + doubt.path });
    }
    const onStack = conditions.filter((c) => c.condition.attributes === 0).map((c) => c.condition);
    const onGroup = conditions.filter((c) => c.condition.attributes !== 0).map((c) => c.condition);
    const count =
      source.count === undefined ? (n: number) => n >= 1 : rangeTest(source.count, this, `${path}/count`);
    return {
      name,
      title: source.title ?? name,
      kind: source.absent === true ? "absent" : source.optional === true ? "optional" : "required",
      waits: waitsOf(source),
      conditions,
      names: requiredNames(source),
      onStack: allOf(onStack),
      onGroup: allOf(onGroup),
      count,
      countText: source.count === undefined ? undefined : flowText(source.count),
      minCount: smallest(count),
      share: source.share === undefined ? undefined : rangeTest(source.share, this, `${path}/share`),
      variables: this.#role.variables,
      idColumns: this.#role.idColumns,
      collected: this.#role.collected,
      needs: [...this.#needs],
    };
  }

  #event(): TextTest | undefined {
    const pattern = this.#source.dump?.event;
    if (pattern === undefined) return undefined;
    const tests = [pattern].flat().map((p) => this.text(String(p), "/dump/event"));
    return (text) => tests.some((test) => test(text));
  }

  #explains(): (ruleId: string) => boolean {
    const tests = (this.#source.explains ?? []).map((pattern, i) => this.text(pattern, `/explains/${i}`));
    return (ruleId) => tests.some((test) => test(ruleId));
  }

  #joinSteps(): JoinStep[] {
    return (this.#source["joined-by"] ?? []).map((step, i) => {
      const variables = [step.on].flat().map((v) => this.#variable(v, `/joined-by/${i}/on`));
      return { variables, confidence: step.confidence };
    });
  }

  /** The name of a variable that is used outside the roles; it must be bound by one. */
  #variable(text: string, path: string): string {
    const name = text.replace(/^\$/, "").replace(/[?*]$/, "");
    const use = this.#uses.get(name);
    if (use !== undefined) use.count++;
    if (!this.#variables.has(name) && this.#scope.partial !== true) {
      const hint = nearest(name, [...this.#variables.keys()]);
      this.problem(path, `$${name} is bound by no role`, hint && `did you mean $${hint}?`);
    }
    return name;
  }

  #cycle(): Rule["cycle"] {
    const source = this.#source.cycle;
    if (source === undefined) return undefined;
    this.#roleNamed(source.role, "/cycle/role");
    const length =
      source.length === undefined ? (n: number) => n >= 2 : rangeTest(source.length, this, "/cycle/length");
    let maxLength = defaultCycleLength;
    while (maxLength > 1 && !length(maxLength)) maxLength--;
    return {
      role: source.role,
      want: this.#variable(source.edge[0], "/cycle/edge/0"),
      have: this.#variable(source.edge[1], "/cycle/edge/1"),
      length,
      maxLength,
    };
  }

  #roleNamed(name: string, path: string): string {
    const roles = Object.keys(this.#source.roles);
    if (!roles.includes(name)) {
      const hint = nearest(name, roles);
      this.problem(
        path,
        `there is no role ${name}`,
        hint === undefined ? `roles: ${roles.join(", ")}` : `did you mean ${hint}?`,
      );
    }
    return name;
  }

  #when(source: WhenSource, path: string): When {
    const parts = Object.entries(source).map(([key, value]) => this.#whenPart(key, value, `${path}/${key}`));
    return parts.length === 1 ? parts[0]! : { kind: "all", of: parts };
  }

  #whenPart(key: string, value: unknown, path: string): When {
    if (key === "confirmed") {
      return { kind: "confirmed", variables: [value].flat().map((v) => this.#variable(String(v), path)) };
    }
    if (key === "joined") return { kind: "joined", step: this.#joinStep([value].flat().map(String), path) };
    if (key === "none") return { kind: "none", role: this.#roleNamed(String(value), path) };
    if (key === "all" || key === "any") {
      return { kind: key, of: (value as WhenSource[]).map((w, i) => this.#when(w, `${path}/${i}`)) };
    }
    if (key === "not") return { kind: "not", of: [this.#when(value as WhenSource, path)] };
    const { role, count, ...rest } = value as Record<string, unknown>;
    const named = this.#roleNamed(String(role), `${path}/role`);
    if (key === "count" || key === "share") {
      return { kind: key, role: named, test: rangeTest({ ...rest, ...(count as object) }, this, path) };
    }
    // What is asked here binds nothing: the role is already matched.
    this.#negated++;
    const condition = allOf(this.conditions(rest, path));
    this.#negated--;
    if (key === "every") return { kind: "every", role: named, condition };
    return {
      kind: "some",
      role: named,
      condition,
      count: count === undefined ? (n) => n >= 1 : rangeTest(count, this, `${path}/count`),
    };
  }

  #joinStep(variables: readonly string[], path: string): number {
    const wanted = variables.map((v) => this.#variable(v, path)).join(",");
    const step = (this.#source["joined-by"] ?? []).findIndex(
      (s) =>
        [s.on]
          .flat()
          .map((v) => v.replace(/^\$/, ""))
          .join(",") === wanted,
    );
    if (step < 0) this.problem(path, `joined-by has no step on ${variables.join(", ")}`);
    return step;
  }

  #message(text: string): MessagePart[] {
    const parts: MessagePart[] = [];
    let last = 0;
    for (const m of text.matchAll(/\$([A-Z][A-Z0-9_]*)|\$([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)/g)) {
      if (m.index > last) parts.push({ kind: "text", text: text.slice(last, m.index) });
      last = m.index + m[0].length;
      parts.push(
        m[1] === undefined
          ? this.#messageProperty(m[2]!, m[3]!)
          : { kind: "variable", name: this.#variable(m[1], "/message") },
      );
    }
    if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
    return parts;
  }

  #messageProperty(object: string, property: string): MessagePart {
    if (object === "params")
      return { kind: "text", text: String(this.#param(`$params.${property}`, "/message") ?? "") };
    if (object === "cycle" && this.#source.cycle !== undefined && property === "length")
      return { kind: "cycle" };
    const role = this.#roleNamed(object, "/message");
    const properties = ["count", "waited", "site", "function", "stacks"] as const;
    const known = properties.find((p) => p === property);
    if (known === undefined) {
      const hint = nearest(property, properties);
      this.problem(
        "/message",
        `$${object}.${property} is nothing that a role has`,
        hint ? `did you mean $${object}.${hint}?` : `a role has ${properties.join(", ")}`,
      );
    }
    return { kind: "role", role, property: known ?? "count" };
  }

  /** Mistakes that show only in the whole rule. */
  #checkWhole(rule: Rule): void {
    if (rule.roles.every((r) => r.kind !== "required")) {
      this.problem("/roles", "no role is required: at least one must be neither optional nor absent");
    }
    for (const [name, path] of this.#negatedUses) {
      if (!this.#variables.has(name)) {
        const hint = nearest(name, [...this.#variables.keys()]);
        this.problem(
          path,
          `$${name} is bound by no role: a variable inside not must be bound outside`,
          hint && `did you mean $${hint}?`,
        );
      }
    }
    for (const [name, use] of this.#uses) {
      if (use.count === 1 && this.#variables.has(name)) {
        this.#warning(
          use.path,
          `$${name} is used only once`,
          "use it in the message or in another role, or leave it out",
        );
      }
    }
    for (const name of Object.keys(this.#params)) {
      if (!this.#usedParams.has(name)) this.#warning(`/params/${name}`, `parameter ${name} is not used`);
    }
    this.#checkJoined(rule);
  }

  /** A role that shares no variable with the others multiplies the findings. */
  #checkJoined(rule: Rule): void {
    const required = rule.roles.filter((r) => r.kind === "required");
    if (required.length < 2) return;
    const laddered = new Set(rule.joinedBy.flatMap((s) => s.variables));
    for (const role of rule.roles) {
      const shares = [...role.variables.keys()].some(
        (v) => laddered.has(v) || rule.roles.some((other) => other !== role && other.variables.has(v)),
      );
      if (!shares && role.kind === "required") {
        this.#warning(
          `/roles/${role.name}`,
          `role ${role.name} is never joined to the others`,
          "let it share a variable with another role",
        );
      }
    }
  }
}

/** Kinds whose values are never equal to those of another kind. */
const unlikeTexts: ReadonlySet<VariableKind> = new Set(["address", "id", "expression", "made"]);

const words: Readonly<Record<VariableKind, string>> = {
  text: "a name",
  line: "a source position",
  file: "a file",
  address: "an address",
  id: "a goroutine id",
  expression: "an expression of the source",
  made: "a place where a channel is made",
};

/** Kinds of wait to which a role is limited by its own `wait`. */
function waitsOf(source: RoleSource): ReadonlySet<WaitKind> | undefined {
  const { wait } = source as { readonly wait?: string | readonly string[] };
  if (wait === undefined) return undefined;
  // Where the dump doesn't say, the condition itself answers "unknown".
  return new Set<WaitKind>([
    ...[wait].flat().flatMap((n) => [...waitKindsOf(String(n))]),
    "parked",
    "unknown",
  ]);
}

function smallest(count: (n: number) => boolean): number {
  for (let n = 0; n <= 1_000_000; n = n < 1000 ? n + 1 : n * 2) if (count(n)) return n;
  return 1;
}
