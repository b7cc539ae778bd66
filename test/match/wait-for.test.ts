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
});
