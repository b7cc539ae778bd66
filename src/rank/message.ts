import type { Value } from "../match/condition.ts";
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

/** The values of `$X` or `$X*` in a match, the most frequent first. */
function valuesOf(match: Match, name: string): (Value | undefined)[] {
  if (name in match.bindings) return [match.bindings[name]];
  const counts = new Map<Value, number>();
  for (const { role, members } of match.roles) {
    if (!role.collected.has(name)) continue;
    for (const member of members) {
      const value = collectedOf(role, match.facts, member)[name];
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + member.group.weight);
    }
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([value]) => value);
}

function showVariable(match: Match, name: string): string {
  const [first, ...others] = valuesOf(match, name);
  const shown = showValue(first, match.rule.variables.get(name));
  return others.length === 0 ? shown : `${shown} (and ${count(others.length)} more)`;
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
  const { stackIndex } = [...players.members].sort((a, b) => b.group.weight - a.group.weight)[0]!.group;
  const place = facts.at(stackIndex);
  const frame = facts.dump.stacks[stackIndex]!.frames[typeof place === "number" ? place : 0];
  if (frame === undefined) return "an unknown place";
  return property === "function" ? frame.symbol.name : `${frame.file}:${frame.line}`;
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
    const [value] = valuesOf(match, name);
    if (value !== undefined) out[name] = kind === "address" ? formatAddress(Number(value)) : String(value);
  }
  return out;
}
