import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Finding, ReportGraph } from "../../src/report/report.ts";
import { edgesOnCycles } from "../../src/report/svg/cycle.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";

/** The finding of a rule on one of its real dumps. */
async function findingOf(rule: string, variant: string, format: string, go = "go1.24"): Promise<Finding> {
  const entry = readableFixtures.find(
    (e) => e.rule === rule && e.variant === variant && e.format === format && e.go === go,
  );
  if (entry === undefined) throw new Error(`no fixture ${rule} ${variant} ${format} ${go}`);
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
  const all = analyze(dumps, builtinRules()).findings.flatMap((f) => [f, ...f.symptoms]);
  const found = all.find((f) => f.ruleId === rule);
  if (found === undefined) throw new Error(`${rule} found nothing`);
  return found;
}

/** Arrows in words, addresses and goroutine ids left out. */
function arrows({ nodes, edges }: ReportGraph): string[] {
  const label = (id: string) =>
    nodes
      .find((node) => node.id === id)!
      .label.replace(/0x[0-9a-f]+/, "…")
      .replace(/, goroutine \d+/, "");
  return edges.map((e) => `${label(e.from)} --${e.label} (${e.certainty})--> ${label(e.to)}`);
}

describe("the picture of a finding", () => {
  test("of a ring of locks shows each goroutine, each lock, and the circle", async () => {
    const { graph } = await findingOf("lock/order-cycle", "three", "sigquit");
    expect(graph.nodes.filter((node) => node.kind === "role")).toHaveLength(3);
    expect(new Set(graph.nodes.filter((node) => node.kind === "lock").map((n) => n.label)).size).toBe(3);
    expect(edgesOnCycles(graph).size).toBe(6);
    expect(graph.edges.map((e) => `${e.label}, ${e.certainty}`)).toEqual(
      [1, 2, 3].flatMap(() => ["waits for, observed", "may be held by, inferred"]),
    );
  });

  test("of a goroutine that may hold the lock it waits for is a circle of two", async () => {
    const { graph } = await findingOf("lock/self-deadlock", "method", "sigquit");
    expect(edgesOnCycles(graph).size).toBe(2);
  });

  test("leads from those who wait over what they wait for to what its holder waits for", async () => {
    const { graph } = await findingOf("log/convoy", "log-blocked", "sigquit");
    expect(arrows(graph)).toEqual([
      "waiting for the logger's lock --wait for (observed)--> lock of the logger",
      "lock of the logger --may be held by (inferred)--> writing a line, and parked",
      "writing a line, and parked --parked receiving from (observed)--> channel …",
    ]);
  });

  test("does not say that two roles wait for one thing when no address says so", async () => {
    const { graph } = await findingOf("cond/lost-wakeup", "signal-lost", "debug2");
    const resources = graph.nodes.filter((node) => node.kind !== "role");
    expect(resources).toHaveLength(2);
  });

  test("says how many things a role waits for when they are several", async () => {
    const { symptoms } = await findingOf("lock/order-cycle", "three", "sigquit");
    const stuck = symptoms.find((f) => f.ruleId === "lock/stuck")!;
    expect(stuck.graph.nodes.find((node) => node.kind === "lock")!.label).toBe("3 locks");
  });

  test("has arrows between its own nodes only", async () => {
    for (const [rule, variant] of [
      ["channel/consumer-sends-to-own-channel", "closure"],
      ["once/init-stuck", "init-parked"],
      ["waitgroup/stuck-family", "family-stuck"],
    ] as const) {
      const { graph } = await findingOf(rule, variant, "sigquit");
      expect(() => arrows(graph)).not.toThrow();
      expect(graph.edges.length).toBeGreaterThan(1);
    }
  });
});
