import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import type { Dump } from "../../src/model/dump.ts";
import { DumpBuilder } from "../../src/model/dump-builder.ts";
import { rankMatches } from "../../src/rank/rank.ts";
import { allFindings } from "../../src/report/describe.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import type { Rule } from "../../src/rules/rule.ts";

interface Given {
  readonly place: number;
  readonly id: number;
  readonly creator: number;
  readonly minutes: number;
}

const places = [
  { reason: "sync.WaitGroup.Wait", top: "sync.(*WaitGroup).Wait", at: "main.(*Pool).wait" },
  { reason: "sync.WaitGroup.Wait", top: "sync.(*WaitGroup).Wait", at: "main.collect" },
  { reason: "chan receive", top: undefined, at: "main.serve" },
  { reason: "chan receive", top: undefined, at: "main.(*Pool).worker" },
  { reason: "select", top: undefined, at: "main.(*Pool).worker" },
  { reason: "sync.Cond.Wait", top: "sync.(*Cond).Wait", at: "main.(*Queue).pop" },
] as const;

function dumpOf(given: readonly Given[]): Dump {
  const builder = new DumpBuilder("test", "go-traceback", [
    "ids",
    "wait-reasons",
    "minutes",
    "stacks",
    "creators",
    "creator-ids",
  ]);
  for (const { place, id, creator, minutes } of given) {
    const { reason, top, at } = places[place]!;
    const frame = { function: at, file: `/src/app/${place}.go`, line: 10 + place };
    const { index } = builder.stack({
      reason,
      frames: top === undefined ? [frame] : [{ function: top, file: "/go/src/sync/x.go", line: 1 }, frame],
      extent: "full",
      createdBy: { function: "main.serve", file: "/src/app/2.go", line: 5 },
    });
    builder.goroutines.push(index, id, 1, minutes, 0, creator, Number.NaN, 0);
    builder.headersSeen++;
  }
  return builder.build();
}

const rules = builtinRules();

/** The same rule, every goroutine matched by itself. */
function oneByOne(rule: Rule): Rule {
  return { ...rule, roles: rule.roles.map((role) => ({ ...role, idColumns: new Map() })) };
}

function findings(dump: Dump, rule: Rule): unknown[] {
  const { matches, limit } = matchRule(rule, new Facts(dump));
  expect(limit).toBeUndefined();
  return allFindings(rankMatches(matches))
    .map((f) => ({
      fingerprint: f.fingerprint,
      severity: f.severity,
      confidence: f.confidence,
      roles: f.roles.map((r) => ({
        name: r.name,
        count: r.count,
        ids: r.goroutines,
        stacks: r.stacks.length,
      })),
    }))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}

describe("goroutines that differ only in ids that nobody else has", () => {
  const byId = rules.filter((rule) => rule.roles.some((role) => role.idColumns.size > 0));

  it("are asked for by several built-in rules", () => {
    expect(byId.map((r) => r.id)).toEqual(
      expect.arrayContaining(["waitgroup/never-done", "channel/abandoned", "waitgroup/stuck-family"]),
    );
  });

  it("give the findings that they give one by one", () => {
    const goroutines = fc.uniqueArray(
      fc.record({
        place: fc.nat(places.length - 1),
        id: fc.integer({ min: 1, max: 40 }),
        // Some of them are in the dump, some are gone, some unknown.
        creator: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(Number.NaN)),
        minutes: fc.constantFrom(-1, 0, 2, 61),
      }),
      { selector: (g) => g.id, maxLength: 25 },
    );
    fc.assert(
      fc.property(goroutines, (given) => {
        const dump = dumpOf(given);
        for (const rule of byId)
          expect(findings(dump, rule), rule.id).toEqual(findings(dump, oneByOne(rule)));
      }),
      { numRuns: 100 },
    );
  });

  it("stay with those of the same creator, though the creator is gone and only some have waited", () => {
    const dump = dumpOf([
      { place: 5, id: 1, creator: 1, minutes: -1 },
      { place: 5, id: 2, creator: 39, minutes: -1 },
      { place: 2, id: 3, creator: Number.NaN, minutes: 61 },
      { place: 5, id: 4, creator: 39, minutes: 2 },
    ]);
    const rule = rules.find(({ id }) => id === "cond/lost-wakeup")!;
    expect(findings(dump, rule)).toEqual(findings(dump, oneByOne(rule)));
  });

  it("are one match a stack, however many they are", () => {
    const given: Given[] = [];
    for (let i = 0; i < 30_000; i++)
      given.push({ place: i % 6, id: i + 1, creator: 100_000 + i, minutes: i % 5 });
    const dump = dumpOf(given);
    const facts = new Facts(dump);
    for (const rule of byId) {
      const { matches, limit } = matchRule(rule, facts);
      expect(limit, rule.id).toBeUndefined();
      expect(matches.length, rule.id).toBeLessThanOrEqual(2 * places.length);
    }
    const neverDone = matchRule(rules.find((r) => r.id === "waitgroup/never-done")!, facts);
    expect(neverDone.matches.map((m) => m.roles[0]!.count)).toEqual([5_000, 5_000]);
  });
});
