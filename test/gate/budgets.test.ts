import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Budget, checkBudgets, type Growth } from "../../src/gate/budgets.ts";
import { type GroupSource, groupOf } from "../../src/gate/group.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

const folder = "../../fixtures/rules/channel/consumer-sends-to-own-channel/";

async function dump(name: string): Promise<Dump> {
  const path = fileURLToPath(new URL(folder + name, import.meta.url));
  return (await readDumps([path], { threads: 1 })).dumps[0]!;
}

const idle = await dump("quiet.metrics-idle.go1.19.debug2.txt");
const hung = await dump("fires.metrics.go1.24.debug2.txt.gz");
const list = await dump("fires.metrics.go1.24.delve-core.json.gz");
const counted = await dump("fires.metrics.go1.24.debug1.txt");

const handlers: GroupSource = { name: "handlers", entry: "net/http.(*conn).serve" };
const observing: GroupSource = { function: "*/telemetry.(*Registry).Observe" };

function check(processes: Dump[][], source: GroupSource, limits: Omit<Budget, "group">) {
  return checkBudgets(processes, [{ group: groupOf(source)!, ...limits }]);
}

describe("a group", () => {
  test("is counted by its entry or by any function, and the rest does not count", () => {
    // 1,001 handlers are parked; two more connections ask for the dump and for something else.
    for (const [source, count] of [
      [observing, 1_001],
      [handlers, 1_003],
    ] as const) {
      expect(check([[hung]], source, { maxGoroutines: count })).toEqual({ exceeded: [], undecided: [] });
      const { exceeded } = check([[hung]], source, { maxGoroutines: count - 1 });
      expect(exceeded.join()).toContain(`${count.toLocaleString("en")} goroutines of the group`);
    }
    expect(check([[hung]], { entry: "main.main" }, { maxGoroutines: 3, maxBlocked: 1 }).exceeded).toEqual([]);
  });

  test("has budgets for blocked goroutines and for growth", () => {
    expect(check([[hung]], handlers, { maxBlocked: 1_000 }).exceeded.join()).toContain(
      "1,001 blocked goroutines of the group handlers, the budget is 1,000",
    );
    const grown = (value: number, unit: Growth["unit"]) =>
      check([[idle, hung]], handlers, { maxGrowth: { value, unit } }).exceeded;
    expect(grown(1_001, "goroutines").join()).toContain("of the group handlers grew from 1 to 1,003");
    expect(grown(1_002, "goroutines")).toEqual([]);
  });

  test("is undecided where the dump shows too little, unless all that may belong fit", () => {
    // Delve's list has two frames of each stack.
    const few = check([[list]], observing, { maxGoroutines: 10 });
    expect(few.exceeded).toEqual([]);
    expect(few.undecided.join()).toContain("can't be decided");
    expect(check([[list]], observing, { maxGoroutines: 2_000 })).toEqual({ exceeded: [], undecided: [] });
    expect(check([[list]], handlers, { maxGoroutines: 1_000 }).exceeded).toHaveLength(1);
    expect(check([[counted]], handlers, { maxBlocked: 10 }).exceeded).toHaveLength(1);
    // One goroutine is at an address without a name.
    expect(check([[counted]], { entry: "main.nobody" }, { maxGoroutines: 0 }).exceeded).toEqual([]);
    const growth = check([[list, list]], observing, { maxGrowth: { value: 0, unit: "percent" } });
    expect(growth.undecided).toHaveLength(1);
  });

  test("is judged process by process", () => {
    const { exceeded } = check([[idle], [hung], [hung]], handlers, { maxGoroutines: 1_000 });
    expect(exceeded).toHaveLength(2);
  });
});
