import { hasLeft } from "../match/creator-gone.ts";
import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import type { Match, RoleMembers } from "../match/match.ts";
import type { ReportEvidence } from "../report/report.ts";
import { describeOperation } from "../source/describe-operation.ts";
import {
  decisiveOwes,
  type SourceHold,
  type SourceOperation,
  type StackFacts,
} from "../source/source-facts.ts";

/** Stacks of one role whose source is told, the most frequent first. */
const maxStacks = 3;

/** What the Go source adds to a match; empty without `--source-root`. */
export function sourceEvidence(match: Match): ReportEvidence[] {
  const { facts } = match;
  if (facts.source === undefined) return [];
  const told = new Map<string, ReportEvidence>();
  for (const players of match.roles) {
    for (const group of largest(players)) {
      for (const evidence of sourceStatements(facts, group)) {
        const text = `${players.role.name}: ${evidence.text}`;
        if (!told.has(text)) told.set(text, { ...evidence, text });
      }
    }
  }
  return [...told.values()];
}

function largest(players: RoleMembers): readonly Group[] {
  const groups = new Map<number, Group>();
  for (const { group } of [...players.members].sort((a, b) => b.group.weight - a.group.weight))
    if (!groups.has(group.stackIndex)) groups.set(group.stackIndex, group);
  return [...groups.values()].slice(0, maxStacks);
}

/** What the source says of a group's stack; empty when it says nothing. Only for facts with source. */
export function sourceStatements(facts: Facts, group: Group): ReportEvidence[] {
  const source = facts.inSource(group.stackIndex)!;
  const { site } = source;
  const stale = site === undefined ? staleReason(facts, group.stackIndex) : "";
  if (stale !== "") return [{ text: stale, certainty: "unknown" }];
  if (site === undefined) return [];
  const what = site.key === "" ? "" : ` (${site.description})`;
  const found: ReportEvidence[] = [
    {
      text: `${site.file}:${site.line} in the source: ${describeOperation(site)}${what}${capacity(source)}`,
      certainty: "inferred",
    },
    ...drains(source),
    ...relocks(source),
    ...owing(source),
    ...stranded(source, group, facts),
  ];
  return found;
}

/** Says that the source is another build's; "" when it fits or is not at hand. */
function staleReason(facts: Facts, stackIndex: number): string {
  const place = facts.at(stackIndex);
  if (typeof place !== "number") return "";
  const { status, reason } = facts.source!.frame(facts.dump.stacks[stackIndex]!, place);
  return status === "mismatch" ? reason : "";
}

function capacity({ site }: StackFacts): string {
  if (site?.capacity === undefined || site.madeAt.length !== 1) return "";
  const [made] = site.madeAt;
  const room = site.capacity === 0 ? "unbuffered" : `with room for ${site.capacity}`;
  return `; the channel is made ${room} at ${made!.file}:${made!.line}`;
}

function place(o: SourceOperation | SourceHold): string {
  return `${o.function} at ${o.file}:${o.line}`;
}

function drains(source: StackFacts): ReportEvidence[] {
  const own = source.receivesOwn.find((r) => r.sameInstance === true) ?? source.receivesOwn[0];
  if (source.site?.kind !== "send" || own === undefined) return [];
  const which = source.drainsOwnChannel === true ? "the very channel" : "perhaps another instance's channel";
  const loop = own.loopLine > 0 ? ", in a loop" : "";
  return [
    {
      text: `the same goroutine receives from it in ${place(own)}${loop}: ${which}`,
      certainty: source.drainsOwnChannel === true ? "inferred" : "not ruled out",
    },
  ];
}

function relocks(source: StackFacts): ReportEvidence[] {
  return source.holds
    .filter((h) => h.certain)
    .map((h): ReportEvidence => {
      const again = h.key !== "" && h.key === source.site?.key && h.sameInstance === true;
      const verb = h.mode === "rlock" ? "read-locked" : "locked";
      return {
        text: again
          ? `it waits for what it holds: ${h.text} was ${verb} in ${place(h)}`
          : `it holds ${h.text}, ${verb} in ${place(h)}`,
        certainty: "inferred",
      };
    });
}

function owing(source: StackFacts): ReportEvidence[] {
  return decisiveOwes(source)
    .slice(0, 1)
    .map((o) => ({
      text: `${describeOperation(o)} comes ${o.deferred ? "only when it returns" : "behind this line"}: ${place(o)}`,
      certainty: "inferred",
    }));
}

function stranded({ strand }: StackFacts, group: Group, facts: Facts): ReportEvidence[] {
  if (strand === undefined || !strand.strands) return [];
  const way =
    strand.earlyReturnLine > 0
      ? `can return at line ${strand.earlyReturnLine} without its half`
      : strand.inSelect
        ? "may take another case of its select instead"
        : "never does its half";
  const left = hasLeft(strand, group, facts) === true;
  return [
    {
      text: `only ${strand.maker} has the other end of the channel, and ${way}${left ? "; it has left" : ""}`,
      certainty: left ? "inferred" : "not ruled out",
    },
  ];
}
