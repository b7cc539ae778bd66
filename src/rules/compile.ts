import { once } from "../once.ts";
import { compileMessage } from "./compile-message.ts";
import { compileWhen } from "./compile-when.ts";
import { flowText } from "./flow-text.ts";
import type { TextTest } from "./pattern.ts";
import { waitsFor } from "./predicates/wait.ts";
import { rangeTest } from "./range.ts";
import { requiredNames } from "./required-names.ts";
import { kindOf, RoleCompiler } from "./role-compiler.ts";
import type { JoinStep, Rule, When } from "./rule.ts";
import { type CompileProblem, type CompileScope, RuleScope } from "./rule-scope.ts";
import type { ConfidenceSource, RoleSource, RuleSource, WhenSource } from "./rule-source.ts";

/** The most goroutines that one cycle may have, unless the rule says less. */
const defaultCycleLength = 8;

/** Compiles a rule that the schema accepts. All mistakes are reported; the rule runs only when there is none. */
export function compileRule(
  source: RuleSource,
  scope: CompileScope = {},
): { rule: Rule; problems: CompileProblem[] } {
  const own = new RuleScope(source, scope);
  const compiler = new RoleCompiler(source, own);
  const ladder = source["joined-by"] ?? [];
  const whenOf = (when: WhenSource, path: string): When => compileWhen(when, path, compiler, ladder);
  const event = eventTest(source, own);
  // Most rules ask for a wait or a name that a dump does not have, and what is asked of matches only is of no use before
  // there is one: parts are compiled when they are wanted. Mistakes in them are wanted at once.
  const parts = once(() => ({
    roles: Object.entries(source.roles).map(([name, role]) => compiler.compileRole(name, role)),
    joinedBy: joinSteps(source, compiler),
    cycle: cycleOf(source, compiler),
  }));
  const whens = once(() => {
    parts();
    return whensOf(source, whenOf);
  });
  const message = once(() => {
    parts();
    return compileMessage(source, compiler);
  });
  const explains = once(() => idTest(source, "explains", own));
  const explainedBy = once(() => idTest(source, "explained-by", own));
  if (!own.checked) for (const part of [parts, whens, explains, explainedBy, message]) part();
  const rule: Rule = {
    id: source.id,
    title: source.title,
    severity: source.severity,
    params: own.params,
    event,
    requires: Object.values(source.roles).filter(isRequired).map(requirementOf),
    get roles() {
      return parts().roles;
    },
    get joinedBy() {
      return parts().joinedBy;
    },
    get cycle() {
      return parts().cycle;
    },
    confidence:
      typeof source.confidence === "string" ? source.confidence : (source.confidence?.base ?? "medium"),
    get raise() {
      return whens().raise;
    },
    get lower() {
      return whens().lower;
    },
    get escalate() {
      return whens().escalate;
    },
    onlyWithSource: source["only-with"] === "source",
    get unless() {
      return whens().unless;
    },
    explains: (ruleId) => explains()(ruleId),
    explainedBy: (ruleId) => explainedBy()(ruleId),
    picture: (source.picture ?? []).map((edge) => ({ ...edge, certainty: edge.certainty ?? "observed" })),
    get variables() {
      parts();
      return compiler.variables;
    },
    get message() {
      return message();
    },
    why: source.why?.trim() ?? "",
    fix: source.fix?.trim() ?? "",
    references: source.references ?? [],
    tags: source.tags ?? [],
  };
  if (!own.partial && !own.checked) checkWhole(rule, compiler);
  return { rule, problems: own.problems };
}

function isRequired(role: RoleSource): boolean {
  return kindOf(role) === "required";
}

function requirementOf(role: RoleSource): Rule["requires"][number] {
  const { wait } = role;
  return {
    waits: wait === undefined ? undefined : waitsFor(wait),
    get names() {
      return requiredNames(role);
    },
  };
}

type ConfidenceStep = NonNullable<ConfidenceSource["raise"]>[number];

/** The questions about a match. */
function whensOf(
  source: RuleSource,
  whenOf: (when: WhenSource, path: string) => When,
): Pick<Rule, "raise" | "lower" | "escalate" | "unless"> {
  const { raise = [], lower = [] } = typeof source.confidence === "object" ? source.confidence : {};
  const step = (key: string, { to, when }: ConfidenceStep, i: number): Rule["raise"][number] => ({
    to,
    when: whenOf(when, `/confidence/${key}/${i}/when`),
    text: JSON.stringify(when),
  });
  return {
    raise: raise.map((r, i) => step("raise", r, i)),
    lower: lower.map((r, i) => step("lower", r, i)),
    escalate: (source.escalate ?? []).map((e, i) => ({
      severity: e.severity,
      when: whenOf(e.when, `/escalate/${i}/when`),
      text: flowText(e.when),
    })),
    unless: (source.unless ?? []).map((when, i) => ({
      when: whenOf(when, `/unless/${i}`),
      text: flowText(when),
    })),
  };
}

function eventTest(source: RuleSource, scope: RuleScope): TextTest | undefined {
  const pattern = source.dump?.event;
  if (pattern === undefined) return undefined;
  const tests = [pattern].flat().map((p) => scope.text(String(p), "/dump/event"));
  return (text) => tests.some((test) => test(text));
}

function idTest(
  source: RuleSource,
  key: "explains" | "explained-by",
  scope: RuleScope,
): (ruleId: string) => boolean {
  const tests = (source[key] ?? []).map((pattern, i) => scope.text(pattern, `/${key}/${i}`));
  return (ruleId) => tests.some((test) => test(ruleId));
}

function joinSteps(source: RuleSource, roles: RoleCompiler): JoinStep[] {
  return (source["joined-by"] ?? []).map((step, i) => {
    const variables = [step.on].flat().map((v) => roles.variable(v, `/joined-by/${i}/on`));
    return { variables, confidence: step.confidence };
  });
}

function cycleOf(source: RuleSource, roles: RoleCompiler): Rule["cycle"] {
  const { cycle } = source;
  if (cycle === undefined) return undefined;
  roles.roleNamed(cycle.role, "/cycle/role");
  const length =
    cycle.length === undefined ? (n: number) => n >= 2 : rangeTest(cycle.length, roles, "/cycle/length");
  let maxLength = defaultCycleLength;
  while (maxLength > 1 && !length(maxLength)) maxLength--;
  return {
    role: cycle.role,
    want: roles.variable(cycle.edge[0], "/cycle/edge/0"),
    have: roles.variable(cycle.edge[1], "/cycle/edge/1"),
    length,
    maxLength,
  };
}

/** Mistakes that show only in the whole rule. */
function checkWhole(rule: Rule, roles: RoleCompiler): void {
  if (rule.roles.every((r) => r.kind !== "required")) {
    roles.problem("/roles", "no role is required: at least one must be neither optional, witness nor absent");
  }
  roles.checkVariables();
  roles.scope.checkParamsUsed();
  checkJoined(rule, roles.scope);
}

/** A role that shares no variable with the others multiplies the findings. */
function checkJoined(rule: Rule, scope: RuleScope): void {
  const required = rule.roles.filter((r) => r.kind === "required");
  if (required.length < 2) return;
  const laddered = new Set(rule.joinedBy.flatMap((s) => s.variables));
  for (const role of rule.roles) {
    const shares = [...role.variables.keys()].some(
      (v) => laddered.has(v) || rule.roles.some((other) => other !== role && other.variables.has(v)),
    );
    if (!shares && role.kind === "required") {
      scope.warning(
        `/roles/${role.name}`,
        `role ${role.name} is never joined to the others`,
        "let it share a variable with another role",
      );
    }
  }
}
