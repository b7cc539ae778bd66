import type { Facts } from "../match/facts.ts";
import { type Match, participants } from "../match/match.ts";
import type { Member } from "../match/relation.ts";
import type { Capability } from "../model/dump.ts";
import { once } from "../once.ts";
import { count } from "../report/describe.ts";
import { type FindingParts, findingWith } from "../report/later.ts";
import type { Confidence, Finding, ReportRole, Severity } from "../report/report.ts";
import { collectHint } from "./collect-hint.ts";
import { confidenceOf, severityOf } from "./confidence.ts";
import { evidenceOf } from "./evidence.ts";
import { type Identity, identityOf } from "./fingerprint.ts";
import { graphOf } from "./graph.ts";
import { bindingsOf, longestWait, messageOf } from "./message.ts";
import { RowSet } from "./row-set.ts";
import { scoreOf } from "./score.ts";
import { reportStacks, smallestIds } from "./stacks.ts";

/** Stacks shown of one role. */
const maxStacks = 5;

/** Matches of one rule with one identity: the same thing, found once or at several addresses. */
export interface Candidate {
  readonly matches: readonly Match[];
  readonly identity: Identity;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly rank: number;
  /** Rows of the dump that take part, for `explains`. */
  readonly rows: RowSet;
  /** Addresses that they wait for, as far as known: who waits for the same thing suffers from the same cause. */
  readonly resources: () => ReadonlySet<number>;
}

const order: readonly Confidence[] = ["low", "medium", "high"];

interface Judged {
  readonly match: Match;
  readonly confidence: Confidence;
}

function byStrength(a: Judged, b: Judged): number {
  return order.indexOf(b.confidence) - order.indexOf(a.confidence) || membersOf(b.match) - membersOf(a.match);
}

/** Of the ways in which a ladder joins others to the same goroutines, the strongest. */
function withoutAlternatives(matches: readonly Match[]): Judged[] {
  const judged = matches.map((match) => ({ match, confidence: confidenceOf(match) }));
  const best = new Map<unknown, Judged>();
  for (const entry of judged) {
    const key = entry.match.step === undefined ? entry : anchorKey(entry.match);
    const other = best.get(key);
    if (other === undefined || byStrength(entry, other) < 0) best.set(key, entry);
  }
  return [...best.values()];
}

function anchorKey(match: Match): string {
  return match.roles[0]!.members.map(
    ({ group }) => `${group.stackIndex}:${group.weight}:${group.first}`,
  ).join(",");
}

/** Merges matches that differ in addresses and ids only; the most confident speaks for all. */
export function candidatesOf(matches: readonly Match[]): Candidate[] {
  const same = new Map<string, { identity: Identity; entries: Judged[] }>();
  for (const entry of withoutAlternatives(matches)) {
    const identity = identityOf(entry.match);
    const key = JSON.stringify(identity);
    const alike = same.get(key);
    if (alike === undefined) same.set(key, { identity, entries: [entry] });
    else alike.entries.push(entry);
  }
  return [...same.values()].map(({ identity, entries }) => {
    entries.sort(
      (a, b) =>
        order.indexOf(b.confidence) - order.indexOf(a.confidence) || membersOf(b.match) - membersOf(a.match),
    );
    const first = entries[0]!;
    const severity = severityOf(first.match);
    const { facts } = first.match;
    const groups = new Set(
      entries.flatMap(({ match }) => participants(match).flatMap((r) => r.members.map((m) => m.group))),
    );
    const rows = new RowSet(facts, groups);
    let resources: ReadonlySet<number> | undefined;
    return {
      matches: entries.map((e) => e.match),
      identity,
      severity,
      confidence: first.confidence,
      rank: scoreOf({
        severity,
        confidence: first.confidence,
        goroutines: rows.size,
        minutes: Math.max(...participants(first.match).map((r) => longestWait(first.match, r))),
        own: blocksInOwnCode(first.match),
      }),
      rows,
      resources: () => {
        resources ??= new Set([...groups].flatMap((group) => [...facts.resources(group)]));
        return resources;
      },
    };
  });
}

function membersOf(match: Match): number {
  return participants(match).reduce((n, r) => n + r.count, 0);
}

function blocksInOwnCode(match: Match): boolean {
  return participants(match).some((r) =>
    r.members.some(({ group }) => {
      const place = match.facts.at(group.stackIndex);
      if (typeof place !== "number") return false;
      return match.facts.origin(match.facts.dump.stacks[group.stackIndex]!.frames[place]!) === "own";
    }),
  );
}

/** A finding as reported, without its standing at the gate; what costs most of it is worked out when it is read. */
export function findingOf(candidate: Candidate, symptoms: readonly Finding[]): Finding {
  const match = candidate.matches[0]!;
  const { rule, facts } = match;
  const { variant } = candidate.identity;
  const collectWith =
    candidate.confidence === "high" ? undefined : collectHint(missingFacts(match), facts.dump);
  return findingWith(
    {
      ruleId: rule.id,
      title: rule.title,
      severity: candidate.severity,
      confidence: candidate.confidence,
      rank: candidate.rank,
      why: rule.why,
      fix: rule.fix,
      references: rule.references,
      fingerprint: candidate.identity.fingerprint,
      ...(variant.length === 0 ? {} : { variant }),
      status: "new",
      dump: facts.dump.name,
      occurrences: candidate.matches.length,
      ...(collectWith === undefined ? {} : { collectWith }),
      symptoms,
      gated: false,
    },
    once(() => partsOf(candidate)),
  );
}

function partsOf(candidate: Candidate): FindingParts {
  const match = candidate.matches[0]!;
  const occurrences = candidate.matches.length;
  const more = occurrences > 1 ? ` (found ${count(occurrences)} times)` : "";
  return {
    message: messageOf(match) + more,
    bindings: bindingsOf(match),
    roles: mergedRoles(candidate.matches),
    evidence: evidenceOf(match),
    graph: graphOf(match),
  };
}

/** Facts that the rule asks for and this dump lacks. */
function missingFacts(match: Match): Capability[] {
  const needs = new Set(match.rule.roles.flatMap((r) => [...r.needs]));
  return [...needs].filter((n) => !match.facts.dump.capabilities.has(n));
}

/** Where no frame decided, the line that blocks is the one to look at. */
function withDecisiveFrame(facts: Facts, member: Member): Member {
  const place = facts.at(member.group.stackIndex);
  return member.frames.length > 0 || typeof place !== "number" ? member : { ...member, frames: [place] };
}

function mergedRoles(matches: readonly Match[]): ReportRole[] {
  const names = [...new Set(matches.flatMap((m) => m.roles.map((r) => r.role.name)))];
  return names.map((name) => {
    const all = matches.flatMap((m) => m.roles.filter((r) => r.role.name === name));
    const { facts } = matches[0]!;
    const seen = new Set<unknown>();
    const members = all.flatMap((r) => r.members).filter((m) => !seen.has(m.group) && seen.add(m.group));
    const { stacks, omitted } = reportStacks(
      facts,
      members.map((m) => withDecisiveFrame(facts, m)),
      maxStacks,
    );
    const count = members.reduce((n, m) => n + m.group.weight, 0);
    return {
      name,
      title: all[0]!.role.title,
      count,
      confirmed: all.every((r) => r.confirmed === r.count),
      goroutines: smallestIds(
        facts,
        members.map((m) => m.group),
      ),
      stacks,
      stacksOmitted: omitted.stacks,
      ...(all[0]!.role.kind === "witness" ? { witness: true as const } : {}),
    };
  });
}
