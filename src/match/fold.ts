import { addTo } from "../add-to.ts";
import { once } from "../once.ts";
import type { Role, Rule, When } from "../rules/rule.ts";
import { allOf, attribute, type Condition } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Group, Sample } from "./group.ts";
import { answerKey, noAnswer } from "./keys.ts";
import type { Reach } from "./reach.ts";

/** The column that a role compares with its variable, and the other roles that compare the same variable. */
interface IdUse {
  readonly variable: string;
  readonly column: number;
  /** Roles that compare it with the other column: a goroutine's id with the creator of another. */
  readonly partners: readonly Role[];
  /** Roles that compare it with the same column. */
  readonly alike: readonly Role[];
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
  // Of a dump in which every stack is distinct nobody asks how to divide many goroutines.
  const groupsOfMany = once(() => dividing(rule, role, facts, reach));
  return (stackIndex) => facts.alone(stackIndex) ?? groupsOfMany()(stackIndex);
}

function dividing(
  rule: Rule,
  role: Role,
  facts: Facts,
  reach: Reach,
): (stackIndex: number) => readonly Group[] {
  const { attributes } = role.onGroup;
  const use = idUse(rule, role);
  if (use === undefined || !isFoldable(rule, role)) return fitting(role, facts);
  const rest = attributes & ~use.column;
  const own = role.conditions.map((c) => c.condition).filter((c) => (c.attributes & rest) !== 0);
  // One that reads the id, too, may answer differently for each goroutine.
  const byOwn = own.every((c) => (c.attributes & use.column) === 0);
  const byOwnAnswers = answering(facts, byOwn ? own : []);
  const byAnswers = answering(facts, role.kind === "required" ? conditionsOn(rule, role) : []);
  const isShared = use.column === attribute.creator;
  let divide: Divide | undefined;
  return (stackIndex) => {
    if (role.kind === "required" && !isAlone(rule, role, use, facts, reach, stackIndex))
      return facts.groups(stackIndex, attributes);
    divide ??= divider(facts, use.column, mattering(use, facts, reach));
    const { apart, alike } = divide(stackIndex);
    const others = alike === undefined ? [] : byOwn ? [alike] : facts.split(alike, rest);
    const folded = others.flatMap(byOwnAnswers).flatMap((group) => {
      const answers = byAnswers(group);
      return isShared && answers.length > 1 ? withSiblings(facts, answers) : answers;
    });
    return [...folded, ...facts.splitRows(stackIndex, apart, attributes)];
  };
}

/**
 * Groups of a stack without those that fail in one of the role's conditions: conditions leave out goroutines one after
 * the other, so that a few are split by all that the role asks, not all of the stack.
 */
function fitting(role: Role, facts: Facts): (stackIndex: number) => readonly Group[] {
  const { attributes } = role.onGroup;
  const asked = role.conditions.map((c) => c.condition).filter((c) => c.attributes !== 0);
  const byCells = asked.filter((c) => c.byCell !== undefined);
  const others = asked.filter((c) => c.byCell === undefined);
  const ofCells = allOf(byCells);
  const byAnswers = answering(facts, byCells);
  // Where other conditions ask for them, too, the answers to both belong together.
  const rest = others.reduce((bits, c) => bits | c.attributes, 0);
  return (stackIndex) => {
    const whole = facts.whole(stackIndex);
    const stack = facts.dump.stacks[stackIndex]!;
    const left =
      byCells.length === 0
        ? [whole]
        : [
            ...facts.cells.divide(whole, ofCells, (group) =>
              answerKey(ofCells.evaluate({ facts, stackIndex, stack, group })),
            ),
          ].flatMap(([answer, group]) => (answer === noAnswer ? [] : [group]));
    if (left.length === 0 || others.length === 0) return left;
    // Not asked for: rows of a whole stack take a look at all goroutines.
    let rows = left[0] === whole ? undefined : merged(left);
    if (rows?.length === facts.rowCount(stackIndex)) rows = undefined;
    for (const condition of others) {
      if (condition.attributes === attributes) continue;
      const groups: readonly Group[] =
        rows === undefined
          ? facts.groups(stackIndex, condition.attributes)
          : facts.splitRows(stackIndex, rows, condition.attributes);
      const kept = groups.filter(
        (group) => condition.evaluate({ facts, stackIndex, stack, group }).length > 0,
      );
      if (kept.length === 0) return [];
      if (kept.length < groups.length) rows = merged(kept);
    }
    const groups =
      rows === undefined ? facts.groups(stackIndex, rest) : facts.splitRows(stackIndex, rows, rest);
    return groups.flatMap(byAnswers);
  };
}

function idUse(rule: Rule, role: Role): IdUse | undefined {
  const [only, ...more] = role.idColumns;
  if (only === undefined || more.length > 0 || rule.cycle !== undefined) return undefined;
  const [column, variables] = only;
  const [variable, ...others] = variables;
  if (variable === undefined || others.length > 0) return undefined;
  const partners: Role[] = [];
  const alike: Role[] = [];
  for (const other of rule.roles) {
    if (other === role) continue;
    for (const [otherColumn, names] of other.idColumns) {
      if (!names.has(variable)) continue;
      if (otherColumn === column) alike.push(other);
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
    if (when.kind === "count") return when.role !== role.name && !when.beyond.includes(role.name);
    if (when.kind === "share") return when.role !== role.name;
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
  const has = use.partners.map((partner) => ({ partner, has: valuesOf(partner, use.column, facts, reach) }));
  const siblings =
    use.column === attribute.creator
      ? use.alike.map((role) => creatorsOf(reach.get(role).stacks, facts))
      : undefined;
  const needed = use.plain
    ? has.filter(
        ({ partner }) => partner.kind === "required" && isKnown(use, facts, reach.get(partner).stacks),
      )
    : [];
  return (id) => {
    if (Number.isNaN(id)) return true;
    if (needed.some((n) => !n.has(id))) return false;
    if (siblings === undefined ? use.alike.length > 0 : siblings.some((s) => s.has(id))) return true;
    return has.some((h) => h.has(id));
  };
}

/** Whether an id occurs in the column that a partner compares. */
function valuesOf(partner: Role, column: number, facts: Facts, reach: Reach): (id: number) => boolean {
  const stacks = reach.get(partner);
  const { families, dump } = facts;
  if (column === attribute.creator) {
    return (id) => {
      const row = families.parents.get(id);
      return row !== undefined && stacks.has(dump.goroutines.stack[row]!);
    };
  }
  const creators = creatorsOf(stacks.stacks, facts);
  return (id) => creators.has(id);
}

function creatorsOf(stacks: readonly number[], { families, dump }: Facts): ReadonlySet<number> {
  if (stacks.length === dump.stacks.length) return families.allCreators;
  const creators = new Set<number>();
  for (const i of stacks) for (const id of families.creators(i)) creators.add(id);
  return creators;
}

/** Whether the dump says the partners' column for all goroutines of the stacks. */
function isKnown(use: IdUse, facts: Facts, stacks: readonly number[]): boolean {
  if (use.column === attribute.creator) return facts.families.idsKnown;
  return stacks.every((i) => facts.families.creatorsKnown(i));
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
      !reach.get(other).has(stackIndex) ||
      (use.plain && use.partners.includes(other) && isApart(other, use, facts, reach, stackIndex)),
  );
}

/** Whether the variable keeps the goroutines of a stack from playing the other role beside the group. */
function isApart(other: Role, use: IdUse, facts: Facts, reach: Reach, stackIndex: number): boolean {
  if (isKnown(use, facts, [stackIndex])) return true;
  // Unknown ones are never members of such a role, but keep it from being ruled out; those of other stacks do that too.
  if (other.kind === "required" || use.column !== attribute.id) return false;
  for (const i of reach.get(other).stacks) if (i !== stackIndex && !isKnown(use, facts, [i])) return true;
  return false;
}

/** Divides the goroutines of a stack into those of which the id matters, and all others. */
type Divide = (stackIndex: number) => { apart: ArrayLike<number>; alike: Group | undefined };

function divider(facts: Facts, column: number, matters: (id: number) => boolean): Divide {
  const { id } = facts.dump.goroutines;
  const { families } = facts;
  if (column === attribute.creator) {
    let started: readonly (readonly number[])[] | undefined;
    return (stackIndex) => {
      started ??= families.startedBy(new Set([...families.allCreators].filter(matters)));
      const apart = started[stackIndex]!;
      return { apart, alike: facts.without(stackIndex, apart) };
    };
  }
  // Of ids most often only those matter that others name as who started them.
  const parentsOnly = families.idsKnown && !matters(Number.POSITIVE_INFINITY);
  return (stackIndex) => {
    const rows = parentsOnly ? families.parentsOn(stackIndex) : facts.rowsOf(stackIndex);
    const apart: number[] = [];
    for (let i = 0; i < rows.length; i++) if (matters(id[rows[i]!]!)) apart.push(rows[i]!);
    return { apart, alike: facts.without(stackIndex, apart) };
  };
}

/** Splits groups by what their goroutines answer to some conditions. */
function answering(facts: Facts, conditions: readonly Condition[]): (group: Group) => readonly Group[] {
  const together = allOf(conditions);
  return (group) => {
    if (conditions.length === 0 || group.weight === 1) return [group];
    const { stackIndex } = group;
    const stack = facts.dump.stacks[stackIndex]!;
    const answerOf = (alike: Sample): string =>
      conditions.map((c) => answerKey(c.evaluate({ facts, stackIndex, stack, group: alike }))).join("\n");
    if (together.byCell !== undefined) return [...facts.cells.divide(group, together, answerOf).values()];
    const { partOf } = facts.splitOf(stackIndex, group.rows, together.attributes);
    const answers: string[] = [];
    const rows = new Map<string, number[]>();
    for (let i = 0; i < partOf.length; i++) {
      const row = group.rows[i]!;
      answers[partOf[i]!] ??= answerOf({ stackIndex, first: row, weight: 1 });
      const answer = answers[partOf[i]!]!;
      addTo(rows, answer, row);
    }
    return rows.size === 1 ? [group] : [...rows.values()].map((alike) => facts.groupOf(stackIndex, alike));
  };
}

/**
 * Groups of one stack, regrouped so that goroutines of one creator, who are one match when each is asked by itself, stay
 * together: with those of other creators whose goroutines gave the same set of answers.
 * @param groups one for each answer
 */
function withSiblings(facts: Facts, groups: readonly Group[]): readonly Group[] {
  const { creator } = facts.dump.goroutines;
  /** `,0,2` for a creator whose goroutines are in the first and the third group. */
  const answersOf = new Map<number, string>();
  for (const [answer, { rows }] of groups.entries()) {
    const text = `,${answer}`;
    for (let i = 0; i < rows.length; i++) {
      const id = creator[rows[i]!]!;
      const before = answersOf.get(id) ?? "";
      if (!before.endsWith(text)) answersOf.set(id, before + text);
    }
  }
  if ([...answersOf.values()].every((answers) => answers.lastIndexOf(",") === 0)) return groups;
  const rowsOf = new Map<string, number[]>();
  for (const { rows } of groups)
    for (let i = 0; i < rows.length; i++) addTo(rowsOf, answersOf.get(creator[rows[i]!]!)!, rows[i]!);
  const { stackIndex } = groups[0]!;
  return [...rowsOf.values()].map((rows) =>
    facts.groupOf(
      stackIndex,
      rows.sort((a, b) => a - b),
    ),
  );
}

function merged(groups: readonly Group[]): ArrayLike<number> {
  if (groups.length === 1) return groups[0]!.rows;
  const rows = new Uint32Array(groups.reduce((n, g) => n + g.rows.length, 0));
  let at = 0;
  for (const group of groups) {
    rows.set(group.rows, at);
    at += group.rows.length;
  }
  return rows.sort();
}
