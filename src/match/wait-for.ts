import { formatAddress } from "../model/address.ts";
import { shortFunction } from "../model/symbol.ts";
import { isBlocked, isLockWait, type WaitKind } from "../model/wait-kind.ts";
import type { Certainty, ReportGraph } from "../report/report.ts";
import { attribute } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Group } from "./group.ts";

type Node = ReportGraph["nodes"][number];
type Edge = ReportGraph["edges"][number];

/** A drawn wait-for graph, and how many parties of blocked goroutines were left out of it because there were too many. */
export interface WaitForGraph {
  readonly graph: ReportGraph;
  readonly omitted: number;
}

/** Most parties in a graph; the largest are kept. */
const maxParties = 300;

const resourceKinds: Readonly<Partial<Record<WaitKind, Node["kind"]>>> = {
  "chan-send": "channel",
  "chan-receive": "channel",
  "waitgroup-wait": "waitgroup",
  "cond-wait": "cond",
};

/**
 * Who waits for what, and who may hold it. Waits are observed. Holders are inferred: by a pointer to the object that the
 * lock lies in or to the pool, by the goroutine that started another; not ruled out by a pointer to a channel or, where
 * no address is known, by the type on the stack alone.
 */
export function waitForGraph(facts: Facts): WaitForGraph {
  const all = blockedParties(facts);
  const parties = all.slice(0, maxParties);
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const add = (from: string, to: string, label: string, certainty: Certainty) =>
    edges.set(`${from} ${to} ${label}`, { from, to, label, certainty });
  for (const party of parties) nodes.set(idOf(party), goroutines(facts, party));
  for (const party of parties) {
    const resource = resourceOf(facts, party);
    if (resource === undefined) continue;
    nodes.set(resource.id, resource);
    add(idOf(party), resource.id, "waits for", "observed");
  }
  const channels = channelsOf(nodes);
  for (const party of parties) {
    for (const held of heldBy(facts, party))
      if (nodes.has(held)) add(held, idOf(party), "may be held by", "inferred");
    for (const channel of pointsTo(facts, party, channels))
      add(channel, idOf(party), "may be served by", "not ruled out");
  }
  for (const [parent, child] of families(facts, parties)) {
    add(idOf(parent), idOf(child), "started", "observed");
    if (waitOf(facts, parent) === "waitgroup-wait")
      add(idOf(parent), idOf(child), "may wait for (started it)", "inferred");
  }
  for (const [waiter, holder] of sameType(facts, parties))
    add(idOf(waiter), idOf(holder), "may wait for (same type)", "not ruled out");
  return {
    graph: { nodes: [...nodes.values()], edges: [...edges.values()] },
    omitted: all.length - parties.length,
  };
}

/** Goroutines that stand at one place, wait for one thing and may hold the same locks; their stacks may differ further out. */
interface Party {
  readonly groups: Group[];
  weight: number;
}

/** Blocked goroutines by place, by what they wait for and by what they may hold, the largest parties first. */
function blockedParties(facts: Facts): Party[] {
  const wanted = attribute.resource | attribute.holds;
  const parties = new Map<string, Party>();
  facts.dump.stacks.forEach((stack, i) => {
    if (!isBlocked(stack.wait)) return;
    for (const group of facts.groups(i, wanted)) {
      const row = group.first;
      const resource = facts.dump.goroutines.resource[row];
      const key = JSON.stringify([placeOf(facts, group), stack.wait, String(resource), facts.held.of(row)]);
      const party = parties.get(key);
      if (party === undefined) parties.set(key, { groups: [group], weight: group.weight });
      else {
        party.groups.push(group);
        party.weight += group.weight;
      }
    }
  });
  return [...parties.values()].sort((a, b) => b.weight - a.weight || rowOf(a) - rowOf(b));
}

/** A goroutine of the party, for what is the same for all of them. */
function rowOf(party: Party): number {
  return party.groups[0]!.first;
}

function idOf(party: Party): string {
  return `g${rowOf(party)}`;
}

function waitOf(facts: Facts, party: Party): WaitKind {
  return facts.dump.stacks[party.groups[0]!.stackIndex]!.wait;
}

/** The function that they stand in: the program's own where there is one. */
function placeOf(facts: Facts, group: Group): string {
  const { frames } = facts.dump.stacks[group.stackIndex]!;
  const at = facts.at(group.stackIndex);
  return (typeof at === "number" ? frames[at] : frames[0])?.symbol.plain ?? "unknown";
}

function goroutines(facts: Facts, party: Party): Node {
  const place = shortFunction(placeOf(facts, party.groups[0]!));
  const label = `${place} (${waitOf(facts, party)})`;
  return { id: idOf(party), kind: "role", label, count: party.weight };
}

function resourceOf(facts: Facts, party: Party): Node | undefined {
  const address = facts.dump.goroutines.resource[rowOf(party)]!;
  if (Number.isNaN(address)) return undefined;
  const wait = waitOf(facts, party);
  const kind = isLockWait(wait) ? "lock" : (resourceKinds[wait] ?? "resource");
  const name = wait === "select" ? "pool" : kind;
  return { id: formatAddress(address), kind, label: `${name} ${formatAddress(address)}` };
}

function heldBy(facts: Facts, party: Party): string[] {
  return facts.held.of(rowOf(party)).map(formatAddress);
}

/** Addresses of the channels among the nodes, by the text that is their id. */
function channelsOf(nodes: ReadonlyMap<string, Node>): ReadonlySet<string> {
  return new Set([...nodes.values()].filter((node) => node.kind === "channel").map((node) => node.id));
}

/** Goroutines of a party of which the arguments are looked at. */
const maxPointers = 1_000;

/** Those of the channels that goroutines of a party have a pointer to, the one that they are parked on left out. */
function pointsTo({ dump }: Facts, party: Party, channels: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  if (channels.size === 0) return found;
  let looked = 0;
  for (const row of rowsOf(party)) {
    if (++looked > maxPointers) break;
    for (let i = 0; i < dump.stacks[dump.goroutines.stack[row]!]!.slots.length; i++) {
      const value = dump.goroutines.argument(row, i);
      if (Number.isNaN(value) || value === dump.goroutines.resource[row]) continue;
      const id = formatAddress(value);
      if (channels.has(id)) found.add(id);
    }
  }
  return found;
}

/** Blocked goroutines, and the blocked goroutines that they started. */
function families(facts: Facts, parties: readonly Party[]): [Party, Party][] {
  const { id, creator } = facts.dump.goroutines;
  const byId = new Map<number, Party>();
  for (const party of parties) for (const row of rowsOf(party)) byId.set(id[row]!, party);
  const pairs: [Party, Party][] = [];
  for (const child of parties) {
    const parents = new Set<Party>();
    for (const row of rowsOf(child)) {
      const parent = byId.get(creator[row]!);
      if (parent !== undefined && parent !== child) parents.add(parent);
    }
    for (const parent of parents) pairs.push([parent, child]);
  }
  return pairs;
}

function* rowsOf(party: Party): Generator<number> {
  for (const { rows } of party.groups) for (let i = 0; i < rows.length; i++) yield rows[i]!;
}

/** Waiters of a lock without an address, and blocked goroutines in a method of the type whose lock it is. */
function sameType(facts: Facts, parties: readonly Party[]): [Party, Party][] {
  const holders = new Map<string, Set<Party>>();
  for (const party of parties) {
    for (const type of new Set(party.groups.flatMap((g) => facts.lockTypes.held(g.stackIndex)))) {
      const known = holders.get(type);
      if (known === undefined) holders.set(type, new Set([party]));
      else known.add(party);
    }
  }
  return parties.flatMap((party) => {
    const type = facts.lockTypes.waitedFor(party.groups[0]!.stackIndex);
    if (type === undefined || !Number.isNaN(facts.dump.goroutines.resource[rowOf(party)]!)) return [];
    return [...(holders.get(type) ?? [])].map((holder): [Party, Party] => [party, holder]);
  });
}
