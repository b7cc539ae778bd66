import { formatAddress } from "../model/address.ts";
import { shortFunction } from "../model/symbol.ts";
import { isBlocked, type WaitKind, waitClasses } from "../model/wait-kind.ts";
import type { Certainty, ReportGraph } from "../report/report.ts";
import { attribute } from "./condition.ts";
import type { Facts, Group } from "./facts.ts";

type Node = ReportGraph["nodes"][number];
type Edge = ReportGraph["edges"][number];

/** A drawn wait-for graph, and how many parties of blocked goroutines were left out of it because there were too many. */
export interface WaitForGraph {
  readonly graph: ReportGraph;
  readonly omitted: number;
}

/** Most parties in a graph; the largest are kept. */
const maxParties = 300;

const locks: ReadonlySet<WaitKind> = new Set(waitClasses.lock);
const resourceKinds: Readonly<Partial<Record<WaitKind, Node["kind"]>>> = {
  "chan-send": "channel",
  "chan-receive": "channel",
  "waitgroup-wait": "waitgroup",
  "cond-wait": "cond",
};

/**
 * Who waits for what, and who may hold it. Waits are observed. Holders are inferred: by a pointer to the object that the
 * lock lies in, by the goroutine that started another, or, where no address is known, by the type on the stack alone.
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
  for (const party of parties) {
    for (const lock of heldBy(facts, party))
      if (nodes.has(lock)) add(lock, idOf(party), "may be held by", "inferred");
  }
  for (const [parent, child] of families(facts, parties))
    add(idOf(parent), idOf(child), "started", "observed");
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
      const row = group.rows[0]!;
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
  return party.groups[0]!.rows[0]!;
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
  const kind = locks.has(wait) ? "lock" : (resourceKinds[wait] ?? "resource");
  return { id: formatAddress(address), kind, label: `${kind} ${formatAddress(address)}` };
}

function heldBy(facts: Facts, party: Party): string[] {
  return facts.held.of(rowOf(party)).map(formatAddress);
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

/** Waiters of a lock without an address, and blocked goroutines of another wait with a frame of the same type. */
function sameType(facts: Facts, parties: readonly Party[]): [Party, Party][] {
  const { stacks, goroutines } = facts.dump;
  const isLock = (party: Party) => locks.has(waitOf(facts, party));
  const holders = new Map<string, Set<Party>>();
  for (const party of parties) {
    if (isLock(party)) continue;
    for (const { stackIndex } of party.groups) {
      for (const { symbol } of stacks[stackIndex]!.frames) {
        if (symbol.type === "") continue;
        const known = holders.get(symbol.type);
        if (known === undefined) holders.set(symbol.type, new Set([party]));
        else known.add(party);
      }
    }
  }
  return parties.flatMap((party) => {
    const { stackIndex } = party.groups[0]!;
    const at = facts.at(stackIndex);
    if (!isLock(party) || typeof at !== "number" || !Number.isNaN(goroutines.resource[rowOf(party)]!))
      return [];
    const { type } = stacks[stackIndex]!.frames[at]!.symbol;
    return [...(holders.get(type) ?? [])].map((holder): [Party, Party] => [party, holder]);
  });
}
