import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Finding } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

const folder = fileURLToPath(new URL("../../fixtures/healthy/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));

/** What a single dump can't tell from a hang, and why; everything else has no warning at all. */
const explained: Readonly<Record<string, readonly string[]>> = {
  // Long polls: requests to a hung server have the same stacks and ages, and the finding says so.
  "pools.load-aged.debug2.json.gz": ["http/no-response"],
  // And two generators that have offered their next value for minutes: a value nobody wants looks the same.
  "idioms.idle-aged.debug2.json.gz": ["http/no-response", "channel/stuck-send", "channel/stuck-send"],
  // And sixty callers for five connections, at work: a fresh pile-up is a warning.
  "idioms.load.debug2.json.gz": ["http/no-response", "database/pool-exhausted"],
  // Idle workers of a pool: without creators, goroutines that were left behind one by one look the same.
  "pools.load.debug1.txt.gz": ["channel/receive-pileup"],
  // Workers hand their results over at the same time, to somebody who is in another function just now.
  "stores.load.debug1.txt.gz": ["channel/stuck-send"],
};

const flatten = (findings: readonly Finding[]): Finding[] =>
  findings.flatMap((f) => [f, ...flatten(f.symptoms)]);

async function findings(name: string): Promise<Finding[]> {
  const { dumps, failures } = await readDumps([folder + name], { threads: 1 });
  expect(failures).toEqual([]);
  expect(dumps[0]!.complete).toBe(true);
  return flatten(analyze(dumps, builtinRules(), {}).findings);
}

describe("real servers that are well, idle and at work", () => {
  test.each(files)(
    "%s: nothing at the gate, no error at any confidence, no warning but the explained",
    async (name) => {
      const all = await findings(name);
      expect(all.filter((f) => f.gated)).toEqual([]);
      expect(all.filter((f) => f.severity === "error").map((f) => f.ruleId)).toEqual([]);
      expect(all.filter((f) => f.severity === "warning").map((f) => f.ruleId)).toEqual(explained[name] ?? []);
    },
  );

  test("at most one of five has a warning, and each of those is there", () => {
    expect(files).toEqual(expect.arrayContaining(Object.keys(explained)));
    expect(Object.keys(explained).length).toBeLessThanOrEqual(files.length / 5);
  });

  test.each(files)("%s names no folder of the machine that it was taken on", (name) => {
    expect(gunzipSync(readFileSync(folder + name)).toString()).not.toMatch(/\/(root|home|tmp|Users|work)\//);
  });
});
