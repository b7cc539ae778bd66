import type { Match, RoleMembers } from "../match/match.ts";
import { capabilityTitles } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import type { ReportEvidence, ReportGraph } from "../report/report.ts";
import type { VariableKind } from "../rules/predicates/predicate.ts";
import { longestWait, showValue } from "./message.ts";
import { sourceEvidence } from "./source-evidence.ts";

/** What speaks for a match and what does not, each with its certainty. */
export function evidenceOf(match: Match): ReportEvidence[] {
  return [
    ...roleEvidence(match),
    ...joinEvidence(match),
    ...sourceEvidence(match),
    ...absenceEvidence(match),
  ];
}

function goroutines(n: number): string {
  return n === 1 ? "1 goroutine" : `${n} goroutines`;
}

function roleEvidence(match: Match): ReportEvidence[] {
  return match.roles.map((players) => {
    const minutes = longestWait(match, players);
    const waited = minutes > 0 ? `, for up to ${minutes} min` : "";
    const { role } = players;
    return {
      text: `${role.name}: ${goroutines(players.count)}, ${role.title}${waited}`,
      certainty: "observed",
    };
  });
}

const sharedWords: Readonly<Record<VariableKind, string>> = {
  text: "name",
  line: "line",
  file: "file",
  address: "address",
  id: "goroutine",
  expression: "expression in the source",
  made: "place where the channel is made",
};

/** What joins the roles: confirmed variables are observed, ladder steps by name are inferred. */
function joinEvidence(match: Match): ReportEvidence[] {
  const { rule, bindings } = match;
  const out: ReportEvidence[] = [];
  const shared = [...rule.variables].filter(
    ([name]) => rule.roles.filter((r) => r.kind === "required" && r.variables.has(name)).length > 1,
  );
  for (const [name, kind] of shared) {
    if (match.confirmed.has(name)) {
      const what = sharedWords[kind];
      out.push({
        text: `the roles share one ${what}: ${showValue(bindings[name], kind)}`,
        certainty: kind === "address" ? "observed" : "inferred",
      });
    } else if (kind === "address") {
      const known = bindings[name] !== undefined;
      out.push({
        text: known
          ? `the address ${showValue(bindings[name], kind)} is known for some of them only`
          : "the address of what they wait for is not in this dump",
        certainty: "unknown",
      });
    }
  }
  const held =
    match.cycleLength === undefined
      ? undefined
      : "who holds a lock is inferred from pointers in outer frames";
  if (held !== undefined) out.push({ text: held, certainty: "inferred" });
  return out;
}

function absenceEvidence(match: Match): ReportEvidence[] {
  const out: ReportEvidence[] = [];
  for (const role of match.rule.roles) {
    const open = match.notRuledOut.find((n) => n.role === role);
    if (open !== undefined) {
      const lacking = role.needs
        .filter((n) => !match.facts.dump.capabilities.has(n))
        .map((n) => capabilityTitles[n]);
      const why = lacking.length > 0 ? ` (this dump has no ${lacking.join(", ")})` : "";
      out.push({
        text: `${role.title}: ${goroutines(open.count)} might be${why}`,
        certainty: "not ruled out",
      });
    } else if (match.nobody.has(role.name)) {
      out.push({ text: `nobody is ${role.title}`, certainty: "inferred" });
    }
  }
  return out;
}

const edgeLabels: Partial<Record<WaitKind, string>> = {
  "chan-send": "parked sending to",
  "chan-receive": "parked receiving from",
  "chan-send-nil": "parked sending to",
  "chan-receive-nil": "parked receiving from",
  select: "parked in select on",
  "mutex-lock": "waits for",
  "rwmutex-lock": "waits to write-lock",
  "rwmutex-rlock": "waits to read-lock",
  "waitgroup-wait": "waits for",
  "cond-wait": "waits on",
};

type NodeKind = ReportGraph["nodes"][number]["kind"];

function nodeKind(wait: WaitKind): NodeKind {
  if (wait.startsWith("chan-") || wait === "select") return "channel";
  if (wait.includes("lock")) return "lock";
  if (wait === "waitgroup-wait") return "waitgroup";
  return wait === "cond-wait" ? "cond" : "resource";
}

/** The picture of a match: its roles, what they wait for, and the arrows that the rule draws. */
export function graphOf(match: Match): ReportGraph {
  const nodes = new Map<string, ReportGraph["nodes"][number]>();
  const edges: ReportGraph["edges"][number][] = [];
  for (const players of match.roles) {
    nodes.set(players.role.name, {
      id: players.role.name,
      kind: "role",
      label: players.role.title,
      count: players.count,
    });
  }
  for (const players of match.roles) {
    const wait = largestWait(match, players);
    if (wait !== undefined && match.rule.picture.length === 0)
      addResource(match, players, wait, nodes, edges);
  }
  for (const edge of match.rule.picture) {
    if (match.nobody.has(edge.from) || match.nobody.has(edge.to)) continue;
    for (const end of [edge.from, edge.to]) if (!nodes.has(end)) nodes.set(end, resourceNode(match, end));
    edges.push({ ...edge, from: edge.from.replace(/^\$/, ""), to: edge.to.replace(/^\$/, "") });
  }
  const named = [...nodes.values()];
  return { nodes: named, edges };
}

/** A node that is no role: `$C` shows the variable's value, another name is a thing of that name. */
function resourceNode(match: Match, end: string): ReportGraph["nodes"][number] {
  const name = end.replace(/^\$/, "");
  const value = end.startsWith("$") ? match.bindings[name] : undefined;
  const kinds: readonly NodeKind[] = ["channel", "lock", "waitgroup", "cond"];
  const kind =
    kinds.find((k) => name.toLowerCase().includes(k)) ??
    (name === "C" ? "channel" : name === "L" ? "lock" : "resource");
  const shown =
    value === undefined ? `${kind} (address unknown)` : showValue(value, match.rule.variables.get(name));
  return { id: name, kind, label: end.startsWith("$") ? shown : name };
}

function largestWait(match: Match, players: RoleMembers): WaitKind | undefined {
  const largest = [...players.members].sort((a, b) => b.group.weight - a.group.weight)[0];
  return largest && match.facts.dump.stacks[largest.group.stackIndex]!.wait;
}

function addResource(
  match: Match,
  players: RoleMembers,
  wait: WaitKind,
  nodes: Map<string, ReportGraph["nodes"][number]>,
  edges: ReportGraph["edges"][number][],
): void {
  const label = edgeLabels[wait];
  if (label === undefined) return;
  const addresses = new Set<number>();
  const g = match.facts.dump.goroutines;
  for (const { group } of players.members) {
    for (let i = 0; i < group.rows.length && addresses.size <= 4; i++)
      addresses.add(g.resource[group.rows[i]!]!);
  }
  const known = [...addresses].filter((a) => !Number.isNaN(a));
  const one = known.length === 1 ? known[0] : undefined;
  const kind = nodeKind(wait);
  const id = one === undefined ? kind : `${kind} ${showValue(one, "address")}`;
  nodes.set(id, { id, kind, label: id });
  edges.push({ from: players.role.name, to: id, label, certainty: "observed" });
}
