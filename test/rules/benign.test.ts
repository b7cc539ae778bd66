import { readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { Ajv } from "ajv";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { Facts } from "../../src/match/facts.ts";
import { setAside } from "../../src/rank/benign.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Report } from "../../src/report/report.ts";
import { type BenignEntry, benignFileSchema, builtinBenign, compileBenign } from "../../src/rules/benign.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";

const folder = new URL("../../rules/benign/", import.meta.url);
const validate = new Ajv({ allErrors: true, strict: false }).compile(benignFileSchema());
const entry = { id: "benign/x", title: "x", entry: "main.work", wait: "chan-receive", max: 2 };

async function lint(text: string | Uint8Array, benign?: readonly BenignEntry[]): Promise<Report> {
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text)]) });
  return analyze(dumps, builtinRules(), benign === undefined ? {} : { benign: benign.map(compileBenign) });
}

const workers = (n: number, reason: string) =>
  Array.from(
    { length: n },
    (_, i) =>
      `goroutine ${i + 1} [${reason}]:\nmain.work()\n\t/src/main.go:9 +0x1\ncreated by main.main\n\t/src/main.go:4 +0x1\n`,
  ).join("\n");

describe("the benign goroutines that come with the tool", () => {
  test.each(readdirSync(folder))("%s follows the schema, and names each entry once", (name) => {
    const file = load(readFileSync(new URL(name, folder), "utf8")) as { benign: BenignEntry[] };
    expect(validate(file) ? [] : validate.errors).toEqual([]);
    const ids = file.benign.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(builtinBenign().map((rule) => rule.id)).toEqual(ids);
  });

  test.each([
    ["no function", { ...entry, entry: undefined }],
    ["no wait", { ...entry, wait: undefined }],
    ["no maximum", { ...entry, max: undefined }],
    ["a part of a name", { ...entry, entry: "work" }],
  ])("an entry with %s is refused", (_, bad) => {
    const text = JSON.parse(JSON.stringify({ schema: 1, benign: [bad] })) as unknown;
    expect(validate(text)).toBe(false);
    expect(validate({ schema: 1, benign: [entry] })).toBe(true);
  });
});

describe("setting aside", () => {
  test("counts a group within its maximum", async () => {
    const report = await lint(workers(2, "chan receive, 9 minutes"), [entry]);
    expect(report.dumps[0]!.benign).toEqual([{ id: "benign/x", title: "x", count: 2 }]);
  });

  test("lets a group grown past its maximum escape, as a whole", async () => {
    expect((await lint(workers(3, "chan receive"), [entry])).dumps[0]!.benign).toEqual([]);
  });

  test("another wait of the same function is not benign", async () => {
    expect((await lint(workers(2, "chan send"), [entry])).dumps[0]!.benign).toEqual([]);
  });

  test("what the runtime has proved to be leaked is not benign", async () => {
    const report = await lint(workers(2, "chan receive (leaked)"), [entry]);
    expect(report.dumps[0]!.benign).toEqual([]);
    expect(report.findings.map((f) => f.ruleId)).toContain("runtime/proved-leak");
  });

  test("drops a finding that holds nobody else, but never an error", async () => {
    const pool = { ...entry, max: 60 };
    const many = workers(60, "chan receive, 9 minutes");
    expect((await lint(many, [])).findings.map((f) => f.ruleId)).toContain("channel/receive-pileup");
    expect((await lint(many, [pool])).findings.map((f) => f.ruleId)).not.toContain("channel/receive-pileup");
    const stuck = { ...entry, wait: "chan-send", max: 60 };
    const sends = workers(60, "chan send, 9 minutes");
    expect((await lint(sends, [stuck])).findings.map((f) => f.severity)).toContain("error");
  });

  test("each goroutine that is set aside counts once, for the first entry that knows it", async () => {
    const twice = { ...entry, id: "benign/again" };
    const report = await lint(workers(2, "chan receive"), [entry, twice]);
    expect(report.dumps[0]!.benign).toEqual([{ id: "benign/x", title: "x", count: 2 }]);
  });

  const quiet = readableFixtures.filter(
    (e) => e.go === "go1.27" && /^debug[12]$/.test(e.format) && e.expect === "quiet",
  );
  test.each(quiet.map((e) => [e.file, e] as const))(
    "%s: set aside and the rest are all goroutines",
    async (_file, e) => {
      const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(e)]) });
      const dump = dumps[0]!;
      const { rows } = setAside(new Facts(dump), builtinBenign());
      let [aside, rest] = [0, 0];
      for (let row = 0; row < dump.goroutines.length; row++) {
        if (rows.has(row)) aside += dump.goroutines.weight[row]!;
        else rest += dump.goroutines.weight[row]!;
      }
      const told = analyze(dumps, builtinRules(), {}).dumps[0]!;
      expect(aside).toBeGreaterThan(0);
      expect(told.benign.reduce((n, { count }) => n + count, 0)).toBe(aside);
      expect(told.goroutines).toBe(aside + rest);
    },
  );

  test("an idle server has goroutines set aside, and a hung one keeps its findings", async () => {
    const pick = (variant: string) =>
      readableFixtures.find((e) => e.variant === variant && e.format === "debug2" && e.go === "go1.27")!;
    const idle = await lint(readFixture(pick("metrics-idle")));
    expect(idle.dumps[0]!.benign.map((group) => group.id)).toContain("benign/accept");
    const hung = await lint(readFixture(pick("metrics")));
    expect(hung.findings[0]!.ruleId).toBe("channel/consumer-sends-to-own-channel");
  });
});
