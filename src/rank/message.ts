import type { Value } from "../match/condition.ts";
import type { Group } from "../match/group.ts";
import type { Match, RoleMembers } from "../match/match.ts";
import { collectedOf } from "../match/relation.ts";
import { formatAddress } from "../model/address.ts";
import { count, minutes } from "../report/describe.ts";
import type { VariableKind } from "../rules/predicates/predicate.ts";
import type { MessageCount, MessagePart } from "../rules/rule.ts";

/** A value as people read it: addresses in hexadecimal; reports shorten paths. */
export function showValue(value: Value | undefined, kind: VariableKind | undefined): string {
  if (value === undefined) return "?";
  if (kind === "expression") return expressionText(String(value));
  return kind === "address" ? formatAddress(Number(value)) : String(value);
}

/** Local variables are keyed by their function and place: `main.serve#done@12:340`. */
function expressionText(key: string): string {
  const scope = key.lastIndexOf("#");
  if (scope < 0) return key;
  return `${key.slice(scope + 1).split("@")[0]} of ${key.slice(0, scope)}`;
}

/** What `$X` or `$X*` stands for in a match: the most frequent value, and how many others there are. */
interface Shown {
  readonly value: Value | undefined;
  readonly others: number;
}

/** What was gathered from the members of a match, by the names of variables: messages and scripts ask for the same. */
const gathered = new WeakMap<Match, ReadonlyMap<string, Shown>>();

function variableOf(match: Match, name: string): Shown {
  if (name in match.bindings) return { value: match.bindings[name], others: 0 };
  let known = gathered.get(match);
  if (known === undefined) {
    known = gather(match);
    gathered.set(match, known);
  }
  return known.get(name) ?? { value: undefined, others: 0 };
}

/** All in one go: every member has to be asked again. */
function gather(match: Match): Map<string, Shown> {
  const countsOf = new Map<string, Map<Value, number>>();
  for (const { role, members } of match.roles) {
    if (role.collected.size === 0) continue;
    for (const member of members) {
      const collected = collectedOf(role, match.facts, member);
      for (const name in collected) {
        const value = collected[name];
        if (value === undefined) continue;
        const counts = countsOf.get(name) ?? new Map<Value, number>();
        countsOf.set(name, counts.set(value, (counts.get(value) ?? 0) + member.group.weight));
      }
    }
  }
  return new Map([...countsOf].map(([name, counts]) => [name, mostFrequent(counts)]));
}

function mostFrequent(counts: ReadonlyMap<Value, number>): Shown {
  let value: Value | undefined;
  let most = 0;
  for (const [other, count] of counts) {
    if (value !== undefined && (count < most || (count === most && value < other))) continue;
    value = other;
    most = count;
  }
  return { value, others: Math.max(0, counts.size - 1) };
}

function showVariable(match: Match, name: string): string {
  const { value, others } = variableOf(match, name);
  const shown = showValue(value, match.rule.variables.get(name));
  return others === 0 ? shown : `${shown} (and ${count(others)} more)`;
}

/** The finding in a sentence. */
export function messageOf(match: Match): string {
  return match.rule.message.map((part) => fill(part, match)).join("");
}

function fill(part: MessagePart, match: Match): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "variable":
      return showVariable(match, part.name);
    case "count":
      return count(numberOf(part, match));
    case "form":
      return numberOf(part.number, match) === 1 ? part.one : part.many;
    case "role": {
      const players = playersOf(part.role, match);
      return players === undefined ? "0" : roleProperty(players, part.property, match);
    }
  }
}

function playersOf(role: string, match: Match): RoleMembers | undefined {
  return match.roles.find((r) => r.role.name === role);
}

function numberOf(part: MessageCount, match: Match): number {
  if (part.of === "cycle") return match.ring?.length ?? 0;
  const players = playersOf(part.role, match);
  if (players === undefined) return 0;
  return part.of === "count" ? players.count : new Set(players.members.map((m) => m.group.stackIndex)).size;
}

function roleProperty(
  players: RoleMembers,
  property: Extract<MessagePart, { kind: "role" }>["property"],
  match: Match,
): string {
  if (property === "waited") {
    const longest = longestWait(match, players);
    return longest < 0 ? "an unknown time" : minutes(longest);
  }
  const { facts } = match;
  const { stackIndex } = largestGroup(players)!;
  const place = facts.at(stackIndex);
  const frame = facts.dump.stacks[stackIndex]!.frames[typeof place === "number" ? place : 0];
  if (frame === undefined) return "an unknown place";
  return property === "function" ? frame.symbol.name : `${frame.file}:${frame.line}`;
}

/** The first of the largest groups of the players. */
export function largestGroup({ members }: RoleMembers): Group | undefined {
  let largest: Group | undefined;
  for (const { group } of members)
    if (largest === undefined || group.weight > largest.weight) largest = group;
  return largest;
}

/** Longest wait among the players in minutes; -1 when the dump says none. */
export function longestWait(match: Match, players: RoleMembers): number {
  let longest = -1;
  for (const { group } of players.members) longest = Math.max(longest, match.facts.longestWait(group));
  return longest;
}

/** Values of all variables, for scripts: paths whole. */
export function bindingsOf(match: Match): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, kind] of match.rule.variables) {
    const { value } = variableOf(match, name);
    if (value !== undefined) out[name] = kind === "address" ? formatAddress(Number(value)) : String(value);
  }
  return out;
}
