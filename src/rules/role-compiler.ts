import { allOf, type Condition, truth } from "../match/condition.ts";
import type { Capability } from "../model/dump.ts";
import { roleDoubts } from "./check-role.ts";
import { flowText } from "./flow-text.ts";
import { type Capture, parseCapture, type TextTest } from "./pattern.ts";
import { textProperties } from "./predicates/frame-properties.ts";
import type { PredicateContext, VariableKind } from "./predicates/predicate.ts";
import { predicateByKey } from "./predicates/predicates.ts";
import { rangeTest } from "./range.ts";
import { requiredNames } from "./required-names.ts";
import type { NamedCondition, Role, RoleKind } from "./rule.ts";
import type { RuleScope } from "./rule-scope.ts";
import type { RoleSource, RuleSource } from "./rule-source.ts";
import { nearest } from "./spelling.ts";

/** Compiles the roles of a rule, one after the other, and keeps the variables that they bind. */
export class RoleCompiler implements PredicateContext {
  readonly scope: RuleScope;
  readonly variables = new Map<string, VariableKind>();
  readonly #source: RuleSource;
  readonly #uses = new Map<string, { count: number; path: string }>();
  /** Variables of the role that is being compiled. */
  #role = newRole();
  /** Inside `not`, captures refer to what is bound elsewhere. */
  #negated = 0;
  readonly #negatedUses = new Map<string, string>();
  #needs = new Set<Capability>();
  readonly #defining: string[] = [];

  constructor(source: RuleSource, scope: RuleScope) {
    this.#source = source;
    this.scope = scope;
  }

  problem(path: string, message: string, hint?: string): void {
    this.scope.problem(path, message, hint);
  }

  number(value: unknown, path: string): number {
    return this.scope.number(value, path);
  }

  text(pattern: string, path: string): TextTest {
    return this.scope.text(pattern, path);
  }

  named(name: string, path: string): Condition {
    if (this.#defining.includes(name)) {
      this.problem(path, `the definition ${name} refers to itself: ${[...this.#defining, name].join(" → ")}`);
      return { attributes: 0, evaluate: () => truth(false) };
    }
    const definition = this.scope.definition(name, path);
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

  binds(capture: Capture, kind: VariableKind, path: string): () => boolean {
    const { name, optional, collected } = capture;
    const use = this.#uses.get(name);
    if (use === undefined) this.#uses.set(name, { count: 1, path });
    else use.count++;
    const role = this.#role;
    role.uses.set(name, (role.uses.get(name) ?? 0) + 1);
    if (this.#negated > 0) {
      this.#negatedUses.set(name, path);
      return () => false;
    }
    const known = this.variables.get(name);
    if (known === undefined) this.variables.set(name, kind);
    else if (known !== kind && (unlikeTexts.has(known) || unlikeTexts.has(kind))) {
      this.problem(
        path,
        `$${name} is bound to ${words[known]} in one place and to ${words[kind]} here: they are never equal`,
      );
    }
    if (collected) {
      role.collected.add(name);
      return () => role.uses.get(name) === 1;
    }
    const before = role.variables.get(name);
    role.variables.set(name, { kind, optional: optional && (before?.optional ?? true) });
    return () => false;
  }

  reads(column: number, variable: string | undefined): void {
    const known = this.#role.idColumns.get(column);
    if (known === undefined) this.#role.idColumns.set(column, new Set([variable]));
    else known.add(variable);
  }

  /** Compiles one role. */
  compileRole(name: string, source: RoleSource): Role {
    const path = `/roles/${name}`;
    this.#role = newRole();
    this.#needs = new Set();
    const conditions = this.#namedConditions(source, path);
    if (!this.scope.partial && !this.scope.checked) {
      if (conditions.length === 0)
        this.problem(path, `role ${name} has no condition: it would be every goroutine`);
      for (const doubt of roleDoubts(name, source))
        this.scope.problems.push({ ...doubt, path: path + doubt.path });
    }
    const all = allOf(conditions.map((c) => c.condition));
    const onStack = conditions.filter((c) => c.condition.attributes === 0).map((c) => c.condition);
    const onGroup = conditions.filter((c) => c.condition.attributes !== 0).map((c) => c.condition);
    const count =
      source.count === undefined ? (n: number) => n >= 1 : rangeTest(source.count, this, `${path}/count`);
    return {
      name,
      title: source.title ?? name,
      kind: kindOf(source),
      waits: all.waits,
      knownWaits: all.knownWaits,
      conditions,
      names: requiredNames(source),
      onStack: allOf(onStack),
      onGroup: allOf(onGroup),
      count,
      countText: source.count === undefined ? undefined : flowText(source.count),
      minCount: smallest(count),
      crowd: crowdOf(source, this.#source),
      share: source.share === undefined ? undefined : rangeTest(source.share, this, `${path}/share`),
      variables: this.#role.variables,
      idColumns: this.#role.idColumns,
      collected: this.#role.collected,
      needs: [...this.#needs],
    };
  }

  /** The name of a variable that is used outside the roles; it must be bound by one. */
  variable(text: string, path: string): string {
    const name = variableName(text);
    const use = this.#uses.get(name);
    if (use !== undefined) use.count++;
    if (!this.variables.has(name) && !this.scope.partial) {
      const hint = nearest(name, [...this.variables.keys()]);
      this.problem(path, `$${name} is bound by no role`, hint && `did you mean $${hint}?`);
    }
    return name;
  }

  /** A role that must be one of the rule's. */
  roleNamed(name: string, path: string): string {
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

  /** A condition on members of a role that is matched already: it binds nothing. */
  furtherCondition(source: unknown, path: string): Condition {
    // What it reads is no matter of the role that was compiled last.
    const role = this.#role;
    this.#role = newRole();
    this.#negated++;
    const condition = allOf(this.conditions(source, path));
    this.#negated--;
    this.#role = role;
    return condition;
  }

  /** Mistakes with variables that show only when all of the rule is compiled. */
  checkVariables(): void {
    for (const [name, path] of this.#negatedUses) {
      if (!this.variables.has(name)) {
        const hint = nearest(name, [...this.variables.keys()]);
        this.problem(
          path,
          `$${name} is bound by no role: a variable inside not must be bound outside`,
          hint && `did you mean $${hint}?`,
        );
      }
    }
    for (const [name, use] of this.#uses) {
      if (use.count === 1 && this.variables.has(name)) {
        this.scope.warning(
          use.path,
          `$${name} is used only once`,
          "use it in the message or in another role, or leave it out",
        );
      }
    }
  }
}

/** What is learned of a role while it is compiled. */
function newRole() {
  return {
    variables: new Map<string, { kind: VariableKind; optional: boolean }>(),
    /** Variables `$X*`. */
    collected: new Set<string>(),
    /** How often each variable occurs, inside `not` too. */
    uses: new Map<string, number>(),
    idColumns: new Map<number, Set<string | undefined>>(),
  };
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

/** Properties of a frame by which few stacks are alike, the fewest first. */
const crowding: readonly string[] = ["line", "function", "outer"];

/** What a role's goroutines must share at the line that blocks: a variable that no step of `joined-by` loosens. */
function crowdOf({ at }: RoleSource, rule: RuleSource): Role["crowd"] {
  if (rule.cycle !== undefined) return undefined;
  const frame = (typeof at === "string" ? { function: at } : (at ?? {})) as Readonly<Record<string, unknown>>;
  const laddered = (rule["joined-by"] ?? []).flatMap((step) => step.on).map(variableName);
  const property = crowding.find((key) => {
    const capture = typeof frame[key] === "string" ? parseCapture(frame[key]) : undefined;
    return capture && !capture.optional && !capture.collected && !laddered.includes(capture.name);
  });
  return property === undefined ? undefined : textProperties[property]!.read;
}

function variableName(text: string): string {
  return text.replace(/^\$/, "").replace(/[?*]$/, "");
}

function smallest(count: (n: number) => boolean): number {
  for (let n = 0; n <= 1_000_000; n = n < 1000 ? n + 1 : n * 2) if (count(n)) return n;
  return 1;
}

export function kindOf({ absent, witness, optional }: RoleSource): RoleKind {
  if (absent === true) return "absent";
  if (witness === true) return "witness";
  return optional === true ? "optional" : "required";
}
