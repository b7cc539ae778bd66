import { createHash } from "node:crypto";
import type { Match } from "../match/match.ts";

/** Distinct functions of one role that still identify it; a role with more is identified without them. */
const maxFunctions = 8;

/**
 * Identity of a finding over rebuilds and reruns: the rule, and for each required role the functions whose lines
 * block. Never addresses, ids, minutes, counts, lines or messages; closures count as the function around them.
 */
export function fingerprintOf(match: Match): string {
  const parts = [match.rule.id];
  for (const { role, members } of match.roles) {
    if (role.kind !== "required") continue;
    const functions = new Set<string>();
    for (const { group } of members) {
      const place = match.facts.at(group.stackIndex);
      const frame = match.facts.dump.stacks[group.stackIndex]!.frames[typeof place === "number" ? place : 0];
      if (frame !== undefined) functions.add(frame.symbol.outer);
    }
    parts.push(role.name, ...(functions.size > maxFunctions ? ["many"] : [...functions].sort()));
  }
  return createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 16);
}
