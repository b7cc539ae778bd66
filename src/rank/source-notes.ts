import type { Facts } from "../match/facts.ts";
import type { Match } from "../match/match.ts";
import { isBlocked } from "../model/wait-kind.ts";
import type { Report } from "../report/report.ts";

type Note = Report["notes"][number];

/** Frames of another build's source that are named; the others are counted. */
const maxNamed = 3;

/** What the user should know of the source: where it is another build's, and that none was found at all. */
export function sourceNotes(facts: Facts, matches: readonly Match[]): Note[] {
  const { source, dump } = facts;
  if (source === undefined) return [];
  const wrong = new Set<string>();
  const missing = new Set<string>();
  let found = 0;
  for (const stackIndex of stacksOf(matches)) {
    const at = facts.at(stackIndex);
    const stack = dump.stacks[stackIndex]!;
    if (typeof at !== "number" || !isBlocked(stack.wait) || facts.origin(stack.frames[at]!) === "std")
      continue;
    const { status, reason } = source.frame(stack, at);
    if (status === "found") found++;
    else (status === "mismatch" ? wrong : missing).add(reason);
  }
  const notes: Note[] = [...wrong].slice(0, maxNamed).map((message) => ({ level: "warning", message }));
  if (wrong.size > maxNamed)
    notes.push({
      level: "warning",
      message: `source does not match this dump in ${wrong.size - maxNamed} more places`,
    });
  if (found === 0 && wrong.size === 0 && missing.size > 0)
    notes.push({
      level: "warning",
      message: `no source was found for what ${dump.name} shows: ${[...missing][0]}; deadlock-lint source-check says more`,
    });
  return notes;
}

function stacksOf(matches: readonly Match[]): Set<number> {
  return new Set(matches.flatMap((m) => m.roles.flatMap((r) => r.members.map((g) => g.group.stackIndex))));
}
