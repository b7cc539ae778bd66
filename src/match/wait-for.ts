import { formatAddress } from "../model/address.ts";
import { isBlocked, type WaitKind, waitClasses } from "../model/wait-kind.ts";
import type { Certainty, ReportGraph } from "../report/report.ts";
import { attribute } from "./condition.ts";
import type { Facts, Group } from "./facts.ts";

type Node = ReportGraph["nodes"][number];
type Edge = ReportGraph["edges"][number];

/** A drawn wait-for graph, and how many blocked groups were left out of it because there were too many. */
export interface WaitForGraph {
  readonly graph: ReportGraph;
  readonly omitted: number;
}

/** Most groups of goroutines in a graph; the largest are kept. */
const maxGroups = 300;

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
  const all = blockedGroups(facts);
  const groups = all.slice(0, maxGroups);
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const add = (from: string, to: string, label: string, certainty: Certainty) =>
    edges.set(`${from} ${to} ${label}`, { from, to, label, certainty });
  for (const group of groups) nodes.set(idOf(group), goroutines(facts, group));
  for (const group of groups) {
    const resource = resourceOf(facts, group);
    if (resource === undefined) continue;
    nodes.set(resource.id, resource);
    add(idOf(group), resource.id, "waits for", "observed");
  }
  for (const group of groups) {
    for (const lock of heldBy(facts, group))
      if (nodes.has(lock)) add(lock, idOf(group), "may be held by", "inferred");
  }
  for (const [parent, child] of families(facts, groups))
    add(idOf(parent), idOf(child), "started", "observed");
  for (const [waiter, holder] of sameType(facts, groups))
    add(idOf(waiter), idOf(holder), "may wait for (same type)", "not ruled out");
  return {
    graph: { nodes: [...nodes.values()], edges: [...edges.values()] },
    omitted: all.length - groups.length,
  };
}

/** Blocked goroutines, split by what they wait for and may hold, the largest groups first. */
function blockedGroups(facts: Facts): Group[] {
  const wanted = attribute.resource | attribute.holds;
  return facts.dump.stacks
    .flatMap((stack, i) => (isBlocked(stack.wait) ? [...facts.groups(i, wanted)] : []))
    .sort((a, b) => b.weight - a.weight || a.rows[0]! - b.rows[0]!);
}

function idOf(group: Group): string {
  return `g${group.rows[0]}`;
}

function goroutines(facts: Facts, group: Group): Node {
  const stack = facts.dump.stacks[group.stackIndex]!;
  const at = facts.at(group.stackIndex);
  const frame = typeof at === "number" ? stack.frames[at] : stack.frames[0];
  const place = frame === undefined ? "unknown" : frame.symbol.plain;
  return { id: idOf(group), kind: "role", label: `${place} (${stack.wait})`, count: group.weight };
}

function resourceOf(facts: Facts, group: Group): Node | undefined {
  const address = facts.dump.goroutines.resource[group.rows[0]!]!;
  if (Number.isNaN(address)) return undefined;
  const { wait } = facts.dump.stacks[group.stackIndex]!;
  const kind = locks.has(wait) ? "lock" : (resourceKinds[wait] ?? "resource");
  return { id: formatAddress(address), kind, label: `${kind} ${formatAddress(address)}` };
}

function heldBy(facts: Facts, group: Group): string[] {
  return facts.held.of(group.rows[0]!).map(formatAddress);
}

/** Blocked goroutines that wait for others, and the blocked goroutines that they started. */
function families(facts: Facts, groups: readonly Group[]): [Group, Group][] {
  const { id, creator } = facts.dump.goroutines;
  const byId = new Map<number, Group>();
  for (const group of groups)
    for (let i = 0; i < group.rows.length; i++) byId.set(id[group.rows[i]!]!, group);
  const pairs: [Group, Group][] = [];
  for (const child of groups) {
    const parents = new Set<Group>();
    for (let i = 0; i < child.rows.length; i++) {
      const parent = byId.get(creator[child.rows[i]!]!);
      if (parent !== undefined && parent !== child) parents.add(parent);
    }
    for (const parent of parents) pairs.push([parent, child]);
  }
  return pairs;
}

/** Waiters of a lock without an address, and blocked goroutines of another wait with a frame of the same type. */
function sameType(facts: Facts, groups: readonly Group[]): [Group, Group][] {
  const { stacks, goroutines } = facts.dump;
  const isLock = (group: Group) => locks.has(stacks[group.stackIndex]!.wait);
  const holders = new Map<string, Set<Group>>();
  for (const group of groups) {
    if (isLock(group)) continue;
    for (const { symbol } of stacks[group.stackIndex]!.frames) {
      if (symbol.type === undefined) continue;
      const known = holders.get(symbol.type);
      if (known === undefined) holders.set(symbol.type, new Set([group]));
      else known.add(group);
    }
  }
  return groups.flatMap((group) => {
    const at = facts.at(group.stackIndex);
    if (!isLock(group) || typeof at !== "number" || !Number.isNaN(goroutines.resource[group.rows[0]!]!))
      return [];
    const type = stacks[group.stackIndex]!.frames[at]!.symbol.type;
    return [...((type && holders.get(type)) || [])].map((holder): [Group, Group] => [group, holder]);
  });
}
