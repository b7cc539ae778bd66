import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import { type Match, participants } from "../match/match.ts";
import type { Member } from "../match/relation.ts";
import type { Address } from "../model/address.ts";
import type { Capability } from "../model/dump.ts";
import { isLockWait } from "../model/wait-kind.ts";
import { once } from "../once.ts";
import { count } from "../report/describe.ts";
import { findingWith, type Told } from "../report/later.ts";
import type { Confidence, Finding, ReportRole, Severity } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";
import { collectHint } from "./collect-hint.ts";
import { confidenceOf, severityOf } from "./confidence.ts";
import { evidenceOf } from "./evidence.ts";
import { type Identity, identitiesOf } from "./fingerprint.ts";
import { graphOf } from "./graph.ts";
import { bindingsOf, messageOf } from "./message.ts";
import type { RowSet, RowSets } from "./row-set.ts";
import { scoreOf } from "./score.ts";
import { reportStacks, smallestIds } from "./stacks.ts";

/** Stacks shown of one role. */
const maxStacks = 5;

/** Matches of one rule with one identity: the same thing, found once or at several addresses. */
export interface Candidate {
  readonly rule: Rule;
  readonly matches: readonly Match[];
  readonly identity: Identity;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly rank: number;
  /** Roles that the rule asks for, filled or known to be empty: evidence alone counts for nothing here. */
  readonly asked: number;
  /** The largest id among the goroutines that speak for its groups; 0 when none is known. */
  readonly youngest: number;
  /** Rows of the dump that take part, for `explains`. */
  readonly rows: RowSet;
  /** Addresses that they wait for, as far as known: who waits for the same thing suffers from the same cause. */
  readonly resources: ReadonlySet<number>;
  readonly collectWith: Finding["collectWith"];
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
function withoutAlternatives(matches: readonly Match[]): readonly Judged[] {
  const judged = matches.map((match) => ({ match, confidence: confidenceOf(match) }));
  if (judged.every(({ match }) => match.step === undefined)) return judged;
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

/** Merges matches of one rule that differ in addresses and ids only; the most confident speaks for all. */
export function candidatesOf(matches: readonly Match[], sets: RowSets): Candidate[] {
  const { rule, facts } = matches[0]!;
  const judged = withoutAlternatives(matches);
  const identities = identitiesOf(
    rule,
    judged.map(({ match }) => match),
  );
  const found: { readonly identity: Identity; readonly entries: Judged[] }[] = [];
  const same = new Map<string, Judged[]>();
  identities.forEach((identity, i) => {
    const { key } = identity;
    const alike = key === undefined ? undefined : same.get(key);
    if (alike !== undefined) {
      alike.push(judged[i]!);
      return;
    }
    const entries = [judged[i]!];
    found.push({ identity, entries });
    if (key !== undefined) same.set(key, entries);
  });
  const asked = rule.roles.filter(({ kind }) => kind === "required" || kind === "absent").length;
  const hint = once(() => collectHint(missingFacts(rule, facts), facts.dump));
  return found.map(({ identity, entries }) => {
    if (entries.length > 1) entries.sort(byStrength);
    const { match, confidence } = entries[0]!;
    const severity = severityOf(match);
    const groups = groupsOf(match);
    let youngest = 0;
    for (const { first } of groups) youngest = Math.max(youngest, facts.dump.goroutines.id[first]! || 0);
    const all = entries.length === 1 ? groups : entries.flatMap((e) => groupsOf(e.match));
    const rows = sets.of(all);
    return {
      rule,
      matches: entries.map((e) => e.match),
      identity,
      severity,
      confidence,
      rank: scoreOf({
        severity,
        confidence,
        goroutines: rows.size,
        minutes: longestWaitOf(facts, groups),
        own: groups.some(({ stackIndex }) => blocksInOwnCode(facts, stackIndex)),
      }),
      asked,
      youngest,
      rows,
      resources: resourcesOf(facts, all),
      collectWith: confidence === "high" ? undefined : hint(),
    };
  });
}

/** The groups of those who take part. */
function groupsOf({ roles }: Match): Group[] {
  const groups: Group[] = [];
  for (const { role, members } of roles) {
    if (role.kind === "witness") continue;
    for (const { group } of members) groups.push(group);
  }
  return groups;
}

function longestWaitOf(facts: Facts, groups: readonly Group[]): number {
  let longest = -1;
  for (const group of groups) longest = Math.max(longest, facts.longestWait(group));
  return longest;
}

const noResources: ReadonlySet<number> = new Set();

function resourcesOf(facts: Facts, groups: readonly Group[]): ReadonlySet<number> {
  if (!facts.hasAddresses) return noResources;
  let all: Set<number> | undefined;
  for (const group of groups) {
    const known = facts.resources(group);
    for (const address of known.size > 0 ? known : inferredLock(facts, group)) {
      all ??= new Set();
      all.add(address);
    }
  }
  return all ?? noResources;
}

/** The lock of the object that a group's first goroutine works on, where the dump does not show which one it waits for. */
function inferredLock(facts: Facts, group: Group): readonly Address[] {
  if (!isLockWait(facts.dump.stacks[group.stackIndex]!.wait)) return [];
  const lock = facts.held.waitedFor(group.first);
  return lock > 0 ? [lock] : [];
}

function membersOf(match: Match): number {
  return participants(match).reduce((n, r) => n + r.count, 0);
}

function blocksInOwnCode(facts: Facts, stackIndex: number): boolean {
  const place = facts.at(stackIndex);
  if (typeof place !== "number") return false;
  return facts.origin(facts.dump.stacks[stackIndex]!.frames[place]!) === "own";
}

/** A finding as reported, without its standing at the gate; what costs most of it is worked out when it is read. */
export function findingOf(candidate: Candidate, symptoms: readonly Finding[]): Finding {
  return findingWith(new ToldCandidate(candidate), {
    fingerprint: candidate.identity.fingerprint,
    status: "new",
    symptoms,
    gated: false,
  });
}

/** What a finding says, each part worked out when it is first read. */
class ToldCandidate implements Told {
  readonly #candidate: Candidate;
  #message: string | undefined;
  #bindings: Told["bindings"] | undefined;
  #roles: readonly ReportRole[] | undefined;
  #evidence: Told["evidence"] | undefined;
  #graph: Told["graph"] | undefined;

  constructor(candidate: Candidate) {
    this.#candidate = candidate;
  }

  /** The match that speaks for all. */
  get #match(): Match {
    return this.#candidate.matches[0]!;
  }

  get ruleId(): string {
    return this.#candidate.rule.id;
  }

  get title(): string {
    return this.#candidate.rule.title;
  }

  get severity(): Severity {
    return this.#candidate.severity;
  }

  get confidence(): Confidence {
    return this.#candidate.confidence;
  }

  get rank(): number {
    return this.#candidate.rank;
  }

  get message(): string {
    if (this.#message === undefined) {
      const { occurrences } = this;
      const more = occurrences > 1 ? ` (found ${count(occurrences)} times)` : "";
      this.#message = messageOf(this.#match) + more;
    }
    return this.#message;
  }

  get why(): string {
    return this.#candidate.rule.why;
  }

  get fix(): string {
    return this.#candidate.rule.fix;
  }

  get references(): readonly string[] {
    return this.#candidate.rule.references;
  }

  get variant(): readonly string[] | undefined {
    const { variant } = this.#candidate.identity;
    return variant.length === 0 ? undefined : variant;
  }

  get dump(): string {
    return this.#match.facts.dump.name;
  }

  get occurrences(): number {
    return this.#candidate.matches.length;
  }

  get bindings(): Told["bindings"] {
    this.#bindings ??= bindingsOf(this.#match);
    return this.#bindings;
  }

  get roles(): readonly ReportRole[] {
    this.#roles ??= mergedRoles(this.#candidate.matches);
    return this.#roles;
  }

  get evidence(): Told["evidence"] {
    this.#evidence ??= evidenceOf(this.#match);
    return this.#evidence;
  }

  get collectWith(): Told["collectWith"] {
    return this.#candidate.collectWith;
  }

  get graph(): Told["graph"] {
    this.#graph ??= graphOf(this.#match);
    return this.#graph;
  }
}

/** Facts that a rule asks for and this dump lacks. */
function missingFacts(rule: Rule, facts: Facts): Capability[] {
  const needs = new Set(rule.roles.flatMap((r) => [...r.needs]));
  return [...needs].filter((n) => !facts.dump.capabilities.has(n));
}

/** Where no frame decided, the line that blocks is the one to look at. */
function decisiveFrames(facts: Facts, { group, frames }: Member): readonly number[] {
  if (frames.length > 0) return frames;
  const place = facts.at(group.stackIndex);
  return typeof place === "number" ? [place] : [];
}

function mergedRoles(matches: readonly Match[]): ReportRole[] {
  const { facts } = matches[0]!;
  const names = [...new Set(matches.flatMap((m) => m.roles.map((r) => r.role.name)))];
  return names.map((name) => {
    const all = matches.flatMap((m) => m.roles.filter((r) => r.role.name === name));
    const members = distinctMembers(
      matches,
      all.map((r) => r.members),
    );
    const { stacks, omitted } = reportStacks(facts, members, maxStacks, (m) => decisiveFrames(facts, m));
    let count = 0;
    for (const { group } of members) count += group.weight;
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

/** Of each group the first member. Only a ring, and matches together, have several of one. */
function distinctMembers(
  matches: readonly Match[],
  lists: readonly (readonly Member[])[],
): readonly Member[] {
  if (matches.length === 1 && matches[0]!.ring === undefined && lists.length === 1) return lists[0]!;
  const members = new Map<Group, Member>();
  for (const list of lists)
    for (const member of list) if (!members.has(member.group)) members.set(member.group, member);
  return [...members.values()];
}
