import type { Role, Rule, When } from "../rules/rule.ts";
import { attribute, type Condition } from "./condition.ts";
import type { Facts, Group } from "./facts.ts";

/** Stacks that a role's members may have, as far as stacks alone tell. */
export type Reach = ReadonlyMap<Role, ReadonlyMap<number, unknown>>;

/** The column that a role compares with its variable, and the other roles that compare the same variable. */
interface IdUse {
  readonly variable: string;
  readonly column: number;
  /** Roles that compare it with the other column: a goroutine's id with the creator of another. */
  readonly partners: readonly Role[];
  /** Some role compares it with the same column. */
  readonly alike: boolean;
  /** Joined by equality, not by a step of `joined-by`. */
  readonly plain: boolean;
}

/**
 * Goroutines of a stack as a role needs them apart. Ids differ from goroutine to goroutine, yet most of them occur
 * nowhere else in the rule's roles: those goroutines match in the same way, and are one group, of which the first
 * speaks for all. So the cost of a rule stays one per distinct stack, and the findings stay the same.
 */
export function roleGroups(
  rule: Rule,
  role: Role,
  facts: Facts,
  reach: Reach,
): (stackIndex: number) => readonly Group[] {
  const { attributes } = role.onGroup;
  const use = idUse(rule, role);
  if (use === undefined || !isFoldable(rule, role))
    return (stackIndex) => facts.groups(stackIndex, attributes);
  const matters = mattering(use, facts, reach);
  const asked = conditionsOn(rule, role);
  const rest = attributes & ~use.column;
  return (stackIndex) => {
    if (role.kind === "required" && !isAlone(rule, role, use, facts, reach, stackIndex))
      return facts.groups(stackIndex, attributes);
    const { apart, alike } = divide(facts, stackIndex, use.column, matters);
    return [
      ...facts
        .splitRows(stackIndex, alike, rest)
        .flatMap((group) => byAnswers(facts, group, role.kind === "required" ? asked : [])),
      ...facts.splitRows(stackIndex, apart, attributes),
    ];
  };
}

function idUse(rule: Rule, role: Role): IdUse | undefined {
  const [only, ...more] = role.idColumns;
  if (only === undefined || more.length > 0 || rule.cycle !== undefined) return undefined;
  const [column, variables] = only;
  const [variable, ...others] = variables;
  if (variable === undefined || others.length > 0) return undefined;
  const partners: Role[] = [];
  let alike = false;
  for (const other of rule.roles) {
    if (other === role) continue;
    for (const [otherColumn, names] of other.idColumns) {
      if (!names.has(variable)) continue;
      if (otherColumn === column) alike = true;
      else partners.push(other);
    }
  }
  const plain = !rule.joinedBy.some((step) => step.variables.includes(variable));
  return { variable, column, partners, alike, plain };
}

/** Whether one goroutine is enough for the role and more are as good: nobody counts its members. */
function isFoldable(rule: Rule, role: Role): boolean {
  if (role.countText !== undefined || role.share !== undefined) return false;
  return everyWhen(rule, (when) => {
    if (when.kind === "count" || when.kind === "share") return when.role !== role.name;
    return when.kind !== "some" || when.role !== role.name || (when.count(1) && when.count(1e9));
  });
}

function whensOf(rule: Rule): When[] {
  return [...rule.unless, ...rule.raise, ...rule.lower, ...rule.escalate].map((step) => step.when);
}

function everyWhen(rule: Rule, test: (when: When) => boolean): boolean {
  const visit = (when: When): boolean => test(when) && (!("of" in when) || when.of.every(visit));
  return whensOf(rule).every(visit);
}

/** Conditions that confidence and severity ask of the role's members: those that answer differently stay apart. */
function conditionsOn(rule: Rule, role: Role): Condition[] {
  const found: Condition[] = [];
  everyWhen(rule, (when) => {
    if ((when.kind === "every" || when.kind === "some") && when.role === role.name)
      found.push(when.condition);
    return true;
  });
  return found;
}

/** Tests whether a value may join the role's goroutines to those of other roles; the rest are as good as each other. */
function mattering(use: IdUse, facts: Facts, reach: Reach): (id: number) => boolean {
  const has = use.partners.map((partner) => ({ partner, has: valuesOf(partner, use, facts, reach) }));
  const needed = use.plain
    ? has.filter(
        ({ partner }) => partner.kind === "required" && isKnown(use, facts, [...reach.get(partner)!.keys()]),
      )
    : [];
  return (id) => {
    if (Number.isNaN(id)) return true;
    if (needed.some((n) => !n.has(id))) return false;
    return use.alike || has.some((h) => h.has(id));
  };
}

/** Whether an id occurs in the column that a partner compares. */
function valuesOf(partner: Role, use: IdUse, facts: Facts, reach: Reach): (id: number) => boolean {
  const stacks = reach.get(partner)!;
  const { families, dump } = facts;
  if (use.column === attribute.creator) {
    return (id) => {
      const row = families.parents.get(id);
      return row !== undefined && stacks.has(dump.goroutines.stack[row]!);
    };
  }
  const creators = new Set<number>();
  for (const stackIndex of stacks.keys()) for (const id of families.creators(stackIndex)) creators.add(id);
  return (id) => creators.has(id);
}

/** Whether the dump says the partners' column for all goroutines of the stacks. */
function isKnown(use: IdUse, facts: Facts, stacks: readonly number[]): boolean {
  if (use.column === attribute.creator) return facts.families.idsKnown;
  return stacks.every((i) => !facts.families.creators(i).has(Number.NaN));
}

/**
 * A group takes all its goroutines away from the other roles, where each alone would take only itself. That is the same
 * only when the others can't have them anyway: they don't reach the stack, or the variable keeps them apart.
 */
function isAlone(
  rule: Rule,
  role: Role,
  use: IdUse,
  facts: Facts,
  reach: Reach,
  stackIndex: number,
): boolean {
  return rule.roles.every(
    (other) =>
      other === role ||
      !reach.get(other)!.has(stackIndex) ||
      (use.plain && use.partners.includes(other) && isKnown(use, facts, [stackIndex])),
  );
}

function divide(
  facts: Facts,
  stackIndex: number,
  column: number,
  matters: (id: number) => boolean,
): { apart: number[]; alike: ArrayLike<number> } {
  const g = facts.dump.goroutines;
  const values = column === attribute.id ? g.id : g.creator;
  const rows = facts.rowsOf(stackIndex);
  const apart: number[] = [];
  const alike = new Uint32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (matters(values[row]!)) apart.push(row);
    else alike[count++] = row;
  }
  return { apart, alike: alike.subarray(0, count) };
}

/** A group split by what its goroutines answer to some conditions. */
function byAnswers(facts: Facts, group: Group, conditions: readonly Condition[]): readonly Group[] {
  if (conditions.length === 0) return [group];
  const { stackIndex } = group;
  const stack = facts.dump.stacks[stackIndex]!;
  const attributes = conditions.reduce((bits, c) => bits | c.attributes, 0);
  const parts = new Map<string, number[]>();
  for (const part of facts.splitRows(stackIndex, group.rows, attributes)) {
    const subject = { facts, stackIndex, stack, group: part };
    const key = conditions.map((c) => (c.evaluate(subject).some((s) => s.known) ? "y" : "n")).join("");
    const rows = parts.get(key);
    if (rows === undefined) parts.set(key, Array.from(part.rows));
    else for (let i = 0; i < part.rows.length; i++) rows.push(part.rows[i]!);
  }
  if (parts.size === 1) return [group];
  return [...parts.values()].map((rows) =>
    facts.groupOf(
      stackIndex,
      rows.sort((a, b) => a - b),
    ),
  );
}
