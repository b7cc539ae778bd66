import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import { waitForGraph } from "../../src/match/wait-for.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";

async function graphOf(rule: string, variant: string, format: string) {
  const entry = readableFixtures.find(
    (e) => e.rule === rule && e.variant === variant && e.format === format && e.go === "go1.27",
  )!;
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
  return waitForGraph(new Facts(dumps[0]!)).graph;
}

describe("the wait-for graph", () => {
  test("names the lock, its waiters, and the goroutine that may hold it", async () => {
    const { nodes, edges } = await graphOf("lock/convoy", "blocked-holder", "sigquit");
    const lock = nodes.find((node) => node.kind === "lock")!;
    const labelled = (id: string) => nodes.find((node) => node.id === id)!.label;
    const waits = edges.filter((edge) => edge.to === lock.id && edge.label === "waits for");
    expect(waits.map((edge) => [labelled(edge.from), edge.certainty])).toContainEqual([
      "main.(*sessions).touch (mutex-lock)",
      "observed",
    ]);
    const held = edges.filter((edge) => edge.from === lock.id);
    expect(held.map((edge) => [labelled(edge.to), edge.certainty])).toEqual([
      ["main.(*sessions).flush (chan-receive)", "inferred"],
    ]);
  });

  test("two goroutines that wait for one lock are no cycle", async () => {
    const { nodes, edges } = await graphOf("lock/convoy", "blocked-holder", "sigquit");
    const waiters = edges.filter((edge) => edge.label === "waits for").map((edge) => edge.from);
    const held = edges.filter((edge) => edge.label === "may be held by").map((edge) => edge.to);
    expect(nodes.length).toBeGreaterThan(0);
    expect(
      waiters.filter((id) => held.includes(id) && nodes.some((n) => n.id === id && /mutex/.test(n.label))),
    ).toEqual([]);
  });

  test("goroutines that stand at one place and wait for one thing are one box, whoever called them", async () => {
    const { nodes } = await graphOf("channel/consumer-sends-to-own-channel", "metrics", "debug2");
    const senders = nodes.filter((node) => /Observe|gauge/.test(node.label));
    expect(senders.map(({ label, count }) => [label, count])).toEqual([
      ["telemetry.(*Registry).Observe (chan-send)", expect.any(Number)],
      ["telemetry.(*Registry).gauge (chan-send)", 1],
    ]);
    expect(senders[0]!.count).toBeGreaterThan(900);
  });

  test("a pool is drawn with who waits for it and who may have a part of it", async () => {
    const { nodes, edges } = await graphOf(
      "database/transaction-waits-for-pool",
      "transaction-again",
      "debug2",
    );
    const pool = nodes.find((node) => node.label.startsWith("pool "))!;
    expect(pool.kind).toBe("resource");
    const at = edges.filter((edge) => [edge.from, edge.to].includes(pool.id));
    expect(at.map(({ label, certainty }) => [label, certainty])).toEqual([
      ["waits for", "observed"],
      ["may be held by", "inferred"],
    ]);
    // The goroutine began the transaction, and waits for a second connection.
    expect(new Set(at.flatMap(({ from, to }) => [from, to]).filter((id) => id !== pool.id)).size).toBe(1);
  });

  test("where addresses are dead, methods of one type are not ruled out", async () => {
    const { nodes, edges } = await graphOf("lock/order-cycle", "rwmutex", "debug2");
    const label = (id: string) => nodes.find((node) => node.id === id)!.label.replace(/ .*/, "");
    const types = edges.filter((edge) => edge.label === "may wait for (same type)");
    expect(types.map((edge) => [label(edge.from), label(edge.to), edge.certainty])).toEqual([
      [expect.stringMatching(/index|cache/), expect.stringMatching(/index|cache/), "not ruled out"],
    ]);
  });

  test("who stands in WaitGroup.Wait may wait for the goroutines that it started", async () => {
    const { edges } = await graphOf("waitgroup/children-stuck", "blocked-children", "debug2");
    expect(edges).toContainEqual(
      expect.objectContaining({ label: "may wait for (started it)", certainty: "inferred" }),
    );
  });

  test("a channel is served by nobody for sure: who has its address is not ruled out", async () => {
    const { nodes, edges } = await graphOf("channel/consumer-sends-to-own-channel", "two-types", "sigquit");
    const served = edges.filter((edge) => edge.label === "may be served by");
    for (const edge of served) {
      expect(edge.certainty).toBe("not ruled out");
      expect(nodes.find((node) => node.id === edge.from)!.kind).toBe("channel");
    }
  });
});
