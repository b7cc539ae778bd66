import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { countWithFrame } from "../scripts/capture/truth.mjs";
import type { Dump } from "../src/model/dump.ts";
import { readDumps } from "../src/read/read-dumps.ts";
import {
  fixtureEntries,
  fixturesRoot,
  formatOf,
  readableFixtures,
  readFixture,
  snapshotsOf,
} from "./rule-fixtures.ts";

const tracebacks = new Set(["debug2", "sigquit", "panic", "panic-system", "leak2"]);

describe("fixtures/rules", () => {
  test("holds exactly the dumps of its manifest", () => {
    const present = readdirSync(fixturesRoot, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "MANIFEST.json")
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(fixturesRoot.length));
    expect(present.sort()).toEqual(
      fixtureEntries
        .flatMap(snapshotsOf)
        .map((entry) => entry.file)
        .sort(),
    );
  });

  const rules = [...new Set(fixtureEntries.map((entry) => entry.rule))];
  test.each(rules)("%s has dumps where it fires and where it stays quiet", (rule) => {
    const expectations = fixtureEntries.filter((entry) => entry.rule === rule).map((entry) => entry.expect);
    expect([...new Set(expectations)].sort()).toEqual(["fires", "quiet"]);
  });

  test("tracebacks hold the goroutines that the manifest counts", () => {
    const wrong = fixtureEntries
      .filter((entry) => tracebacks.has(entry.format))
      .flatMap((entry) => {
        const text = readFixture(entry).toString();
        return Object.values(entry.groups)
          .map((group) => ({ ...group, found: countWithFrame(text, group.function) }))
          .filter((group) => group.found !== group.count)
          .map(
            (group) => `${entry.file}: ${group.found} goroutines with ${group.function}, not ${group.count}`,
          );
      });
    expect(wrong).toEqual([]);
  });

  test.each(readableFixtures.map((entry) => [entry.file, entry] as const))(
    "%s is read whole",
    async (_file, entry) => {
      const { dumps, failures } = await readDumps(["-"], {
        threads: 1,
        stdin: Readable.from([readFixture(entry)]),
      });
      expect(failures).toEqual([]);
      expect(dumps).toHaveLength(1);
      const dump = dumps[0]!;
      expect(dump.format).toBe(formatOf(entry));
      expect(dump.problems).toEqual([]);
      expect(dump.complete).toBe(true);
      for (const group of Object.values(entry.groups)) {
        if (!dump.capabilities.has("stacks")) continue;
        expect([group.function, weightWithFrame(dump, group.function)]).toEqual([
          group.function,
          group.count,
        ]);
      }
    },
  );
});

function weightWithFrame({ goroutines, stacks }: Dump, functionName: string): number {
  let weight = 0;
  for (let row = 0; row < goroutines.length; row++) {
    const frames = stacks[goroutines.stack[row]!]!.frames;
    if (frames.some((frame) => frame.symbol.name === functionName)) weight += goroutines.weight[row]!;
  }
  return weight;
}
