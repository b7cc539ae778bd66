import type { Value } from "../match/condition.ts";
import type { Match, RingLink, RoleMembers } from "../match/match.ts";
import type { Member } from "../match/relation.ts";
import { formatAddress } from "../model/address.ts";
import type { Stack } from "../model/stack.ts";
import { shortFunction } from "../model/symbol.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import { plural } from "../report/describe.ts";
import { type Certainty, originLabels, type ReportGraph } from "../report/report.ts";
import { largestGroup, showValue } from "./message.ts";

type Node = ReportGraph["nodes"][number];
type Edge = ReportGraph["edges"][number];

/**
 * The picture of a match: the arrows that the rule draws; what those roles wait for from which it draws none; and, for a
 * rule without arrows, who may hold it.
 */
export function graphOf(match: Match): ReportGraph {
  const drawing = new Drawing();
  if (match.ring !== undefined) drawRing(match, match.ring, drawing);
  else {
    for (const { role, count } of match.roles)
      drawing.node({ id: role.name, kind: "role", label: role.title, count });
    drawRule(match, drawing);
    const drawn = drawWaits(match, drawing);
    if (match.rule.picture.length === 0) drawHolders(match, drawn, drawing);
  }
  return drawing.graph();
}

/** Nodes by id, the first of its kind stays; and edges. */
class Drawing {
  readonly #nodes = new Map<string, Node>();
  readonly #edges: Edge[] = [];

  node(node: Node): void {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
  }

  edge(from: string, to: string, label: string, certainty: Certainty): void {
    this.#edges.push({ from, to, label, certainty });
  }

  graph(): ReportGraph {
    return { nodes: [...this.#nodes.values()], edges: this.#edges };
  }
}

const waitLabels: Partial<Record<WaitKind, string>> = {
  "chan-send": "parked sending to",
  "chan-receive": "parked receiving from",
  "chan-send-nil": "parked sending to",
  "chan-receive-nil": "parked receiving from",
  select: "parked in a select on",
  "mutex-lock": "waits for",
  "rwmutex-lock": "waits to write-lock",
  "rwmutex-rlock": "waits to read-lock",
  "waitgroup-wait": "waits for",
  "cond-wait": "waits on",
};

type NodeKind = Node["kind"];

function nodeKind(wait: WaitKind): NodeKind {
  if (wait.startsWith("chan-") || wait === "select") return "channel";
  if (wait.includes("lock")) return "lock";
  if (wait === "waitgroup-wait") return "waitgroup";
  return wait === "cond-wait" ? "cond" : "resource";
}

const kindTitles: Readonly<Record<NodeKind, string>> = {
  role: "goroutine",
  channel: "channel",
  lock: "lock",
  waitgroup: "WaitGroup",
  cond: "Cond",
  resource: "resource",
};

/** What goroutines wait for, where they say no address, or several. */
function unknownOf(wait: WaitKind, addresses: number): string {
  if (addresses > 1) return plural(addresses, kindTitles[nodeKind(wait)]);
  if (wait === "select") return "channels of the select";
  if (wait.endsWith("-nil")) return "nil channel";
  return `${kindTitles[nodeKind(wait)]} (address unknown)`;
}

function drawRule(match: Match, drawing: Drawing): void {
  for (const { from, to, label, certainty } of match.rule.picture) {
    if (match.nobody.has(from) || match.nobody.has(to)) continue;
    for (const end of [from, to]) drawing.node(resourceNode(match, end));
    const players = match.roles.find(({ role }) => role.name === from);
    const isInferred = players !== undefined && largestStack(match, players)?.waitInferred === true;
    const sure = certainty === "observed" && isInferred ? "inferred" : certainty;
    drawing.edge(from.replace(/^\$/, ""), to.replace(/^\$/, ""), label, sure);
  }
}

/** A node that is no role: `$C` shows the variable's value, another name is a thing of that name. */
function resourceNode(match: Match, end: string): Node {
  const name = end.replace(/^\$/, "");
  const value = end.startsWith("$") ? match.bindings[name] : undefined;
  const kinds: readonly NodeKind[] = ["channel", "lock", "waitgroup", "cond"];
  const kind =
    kinds.find((k) => name.toLowerCase().includes(k)) ??
    (name === "C" ? "channel" : name === "L" ? "lock" : "resource");
  if (!end.startsWith("$")) return { id: name, kind, label: name };
  const of = match.rule.variables.get(name);
  if (value === undefined) return { id: name, kind, label: `${kindTitles[kind]} (address unknown)` };
  const shown = showValue(value, of);
  return { id: name, kind, label: of === "address" ? `${kindTitles[kind]} ${shown}` : shown };
}

/**
 * What the goroutines of each role wait for. Things of unknown address are drawn apart: nobody knows that two roles wait
 * for the same. The nodes of known addresses are returned.
 */
function drawWaits(match: Match, drawing: Drawing): ReadonlyMap<number, string> {
  const drawn = new Map<number, string>();
  const done = new Set(
    match.rule.picture.flatMap(({ from, label }) => (originLabels.has(label) ? [] : [from])),
  );
  for (const players of match.roles) {
    if (done.has(players.role.name)) continue;
    const stack = largestStack(match, players);
    const wait = stack?.wait;
    const label = wait && waitLabels[wait];
    if (wait === undefined || label === undefined) continue;
    const kind = nodeKind(wait);
    const addresses = addressesOf(match, players);
    const [address] = addresses.size === 1 ? addresses : [];
    const text =
      address === undefined
        ? unknownOf(wait, addresses.size)
        : `${kindTitles[kind]} ${formatAddress(address)}`;
    const id = address === undefined ? `${kind} of ${players.role.name}` : text;
    if (address !== undefined) drawn.set(address, id);
    drawing.node({ id, kind, label: text });
    drawing.edge(players.role.name, id, label, stack?.waitInferred ? "inferred" : "observed");
  }
  return drawn;
}

function drawHolders(match: Match, drawn: ReadonlyMap<number, string>, drawing: Drawing): void {
  for (const players of match.roles) {
    for (const [address, id] of drawn)
      if (mayHold(match, players, address)) drawing.edge(id, players.role.name, "may be held by", "inferred");
  }
}

function largestStack(match: Match, players: RoleMembers): Stack | undefined {
  const largest = largestGroup(players);
  return largest && match.facts.dump.stacks[largest.stackIndex];
}

function* rowsOf(members: readonly Member[]): Generator<number> {
  for (const { group } of members) for (let i = 0; i < group.rows.length; i++) yield group.rows[i]!;
}

/** Known addresses of what they wait for. */
function addressesOf(match: Match, players: RoleMembers): ReadonlySet<number> {
  const found = new Set<number>();
  if (!match.facts.hasAddresses) return found;
  for (const { group } of players.members)
    for (const address of match.facts.resources(group)) found.add(address);
  return found;
}

/** Goroutines of a role of which holders are looked for. */
const maxHolders = 1_000;

function mayHold(match: Match, players: RoleMembers, address: number): boolean {
  const { facts } = match;
  let looked = 0;
  for (const row of rowsOf(players.members)) {
    if (++looked > maxHolders) return false;
    const own = facts.dump.goroutines.resource[row] === address;
    if (own ? facts.held.reenters(row) : facts.held.of(row).includes(address)) return true;
  }
  return false;
}

/** Everybody of a ring, and between two of them what one waits for and the next may hold. */
function drawRing(match: Match, ring: readonly RingLink[], drawing: Drawing): void {
  const { want } = match.rule.cycle!;
  const kind = match.rule.variables.get(want);
  // Of locks that are known by their type alone nobody can say that they are the same.
  const certainty = kind === "address" ? "inferred" : "unknown";
  const idOf = (value: Value): string => `${kindTitles.lock} ${showValue(value, kind)}`;
  ring.forEach((link, i) => {
    const count = link.members.reduce((sum, member) => sum + member.group.weight, 0);
    const id = `${match.rule.cycle!.role}${i + 1}`;
    drawing.node({ id, kind: "role", label: placeOf(match, link), count });
  });
  ring.forEach((link, i) => {
    const wanted = idOf(link.want);
    const label = kind === "address" ? wanted : `${kindTitles.lock} of ${shortFunction(String(link.want))}`;
    drawing.node({ id: wanted, kind: "lock", label });
    drawing.edge(`${match.rule.cycle!.role}${i + 1}`, wanted, "waits for", "observed");
    drawing.edge(
      wanted,
      `${match.rule.cycle!.role}${((i + 1) % ring.length) + 1}`,
      "may be held by",
      certainty,
    );
  });
}

/** Where the goroutines of a link stand, and which they are when there is but one. */
function placeOf(match: Match, link: RingLink): string {
  const { facts } = match;
  const { group } = link.members[0]!;
  const at = facts.at(group.stackIndex);
  const { frames } = facts.dump.stacks[group.stackIndex]!;
  const place = shortFunction(frames[typeof at === "number" ? at : 0]?.symbol.plain ?? "unknown");
  const id = facts.dump.goroutines.id[group.first]!;
  const alone = link.members.length === 1 && group.weight === 1 && !Number.isNaN(id);
  return alone ? `${place}, goroutine ${id}` : place;
}
