import { describe, expect, test } from "vitest";
import { openSource } from "../../src/source/open-source.ts";
import { sourceCoverage } from "../../src/source/source-coverage.ts";
import { type FixtureEntry, readableFixtures } from "../rule-fixtures.ts";
import { fixtureDump, programs } from "./dumps.ts";

// The oldest and the newest compiler; those between name and inline like one of them.
const entries = readableFixtures.filter((e) => /\.go1\.(?:19|27)\./.test(e.file) && !e.file.includes(".pb"));

/** Rows for `test.each`, by file. */
function named(list: readonly FixtureEntry[]): (readonly [string, FixtureEntry])[] {
  return list.map((entry) => [entry.file, entry] as const);
}

/** What the source makes of a fixture's stacks, in short. */
async function read(entry: FixtureEntry) {
  const dump = await fixtureDump(`fixtures/rules/${entry.file}`);
  const source = (await openSource({ roots: [programs] })).forDump(dump);
  const facts = dump.stacks.map((s) => source.facts(s));
  return { dump, facts, coverage: sourceCoverage(dump, source) };
}

describe("the committed dumps beside the programs that made them", () => {
  test.each(named(entries))("%s: the source fits, and nothing healthy is called stuck", async (_, entry) => {
    const { dump, facts, coverage } = await read(entry);
    expect(coverage.filter((f) => f.status === "mismatch")).toEqual([]);
    if (entry.expect !== "quiet") return;
    expect(facts.filter((f) => f.drainsOwnChannel === true)).toEqual([]);
    // A maker that is still there may yet do its half.
    const present = (maker: string) =>
      dump.stacks.some((stack) => stack.frames.some((frame) => frame.symbol.plain.startsWith(maker)));
    expect(facts.filter((f) => f.strand?.strands === true && !present(f.strand.maker))).toEqual([]);
    const relocks = facts.filter((f) =>
      f.holds.some((h) => h.sameInstance === true && h.key === f.site?.key),
    );
    expect(relocks).toEqual([]);
  });

  const consumers = entries.filter(
    (e) => e.expect === "fires" && e.file.includes("consumer-sends-to-own-channel/"),
  );
  test.each(named(consumers))("%s: the consumer is found out", async (_, entry) => {
    const { facts } = await read(entry);
    // Two fields of two types hold one channel: nothing shows that they do so in one instance.
    if (entry.file.includes("two-types")) expect(facts.some((f) => f.receivesOwn.length > 0)).toBe(true);
    else expect(facts.some((f) => f.drainsOwnChannel === true)).toBe(true);
  });

  const relocked = entries.filter(
    (e) => e.expect === "fires" && e.file.includes("self-deadlock/fires.method"),
  );
  test.each(named(relocked))("%s: the lock is taken twice", async (_, entry) => {
    const { facts } = await read(entry);
    expect(facts.some((f) => f.holds.some((h) => h.sameInstance === true && h.key === f.site?.key))).toBe(
      true,
    );
  });
});
