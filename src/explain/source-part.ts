import type { Facts } from "../match/facts.ts";
import type { Relation } from "../match/relation.ts";
import { sourceStatements } from "../rank/source-evidence.ts";

/** Stacks of one role of which the source is told. */
const maxStacks = 3;

/** What the source says of the goroutines that play, or might play, a role; empty without source. */
export function sourcePart(relation: Relation, facts: Facts): string[] {
  if (facts.source === undefined) return [];
  const weights = new Map<number, number>();
  for (const tuple of [...relation.tuples, ...relation.undecided])
    for (const { group } of tuple.members)
      weights.set(group.stackIndex, Math.max(weights.get(group.stackIndex) ?? 0, group.weight));
  const stacks = [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, maxStacks);
  return stacks.flatMap(([stackIndex, weight]) => {
    const group = facts.groups(stackIndex, 0)[0];
    const said = group === undefined ? [] : sourceStatements(facts, group).map((s) => s.text);
    const where = placeOf(facts, stackIndex);
    return said.length > 0
      ? said.map((text) => `${weight} × ${where}: ${text}`)
      : [
          `${weight} × ${where}: nothing, since ${facts.inSource(stackIndex)!.reason || "the line is not told"}`,
        ];
  });
}

function placeOf(facts: Facts, stackIndex: number): string {
  const place = facts.at(stackIndex);
  const frame = facts.dump.stacks[stackIndex]!.frames[typeof place === "number" ? place : 0];
  return frame?.symbol.plain ?? "an unknown place";
}
