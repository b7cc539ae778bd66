import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Dump } from "../../src/model/dump.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { type DumpSource, openSource, type Source } from "../../src/source/open-source.ts";
import { readableFixtures } from "../rule-fixtures.ts";
import { dumpOf, fixtureDump, programs, withFolder } from "./dumps.ts";

/** All that a source says of a dump's stacks: keys of what they wait for, hold and drain. */
function claims(dump: Dump, source: DumpSource): readonly string[][] {
  return dump.stacks.map((stack) => {
    const facts = source.facts(stack);
    const said: string[] = [];
    const { site } = facts;
    if (site !== undefined && site.key !== "") said.push(`waits ${site.kind} ${withoutPlace(site.key)}`);
    if (site?.select) said.push(`select ${site.select.default} ${site.select.timer} ${site.select.done}`);
    if (facts.drainsOwnChannel !== undefined) said.push(`drains ${facts.drainsOwnChannel}`);
    for (const hold of facts.holds)
      if (hold.certain) said.push(`holds ${hold.mode} ${withoutPlace(hold.key)}`);
    for (const o of facts.owes) said.push(`owes ${o.kind} ${withoutPlace(o.key)}`);
    for (const r of facts.receives) said.push(`receives ${withoutPlace(r.key)}`);
    if (facts.strand !== undefined) said.push(`strands ${facts.strand.strands}`);
    return said;
  });
}

/** Keys of locals carry line and offset, which move with the text. */
function withoutPlace(key: string): string {
  const at = key.lastIndexOf("@");
  return at < 0 ? key : key.slice(0, at);
}

const rules = builtinRules();

interface Change {
  readonly file: number;
  readonly kind: "lines" | "rename" | "remove" | "cut" | "swap";
  readonly at: number;
  readonly count: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  file: fc.nat(7),
  kind: fc.constantFrom(
    "lines" as const,
    "lines" as const,
    "lines" as const,
    "rename" as const,
    "remove" as const,
    "cut" as const,
    "swap" as const,
  ),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  count: fc.integer({ min: 1, max: 12 }),
});

function apply(folder: string, names: readonly string[], { file, kind, at, count }: Change): void {
  const name = path.join(folder, names[file % names.length]!);
  let lines: string[];
  try {
    lines = readFileSync(name, "utf8").split("\n");
  } catch {
    return;
  }
  const index = 1 + Math.floor(at * Math.max(0, lines.length - 2));
  if (kind === "remove") rmSync(name);
  else if (kind === "lines") lines.splice(index, 0, ...new Array<string>(count).fill("// other version"));
  else if (kind === "cut") lines.splice(index, count);
  else if (kind === "rename") lines = lines.map((l) => l.replace("func ", "func x").replace(") ", ") x"));
  else lines.splice(index, 2, lines[index + 1] ?? "", lines[index] ?? "");
  if (kind !== "remove") writeFileSync(name, lines.join("\n"));
}

describe.each([
  "fixtures/source/source-cases.go1.26.debug2.txt",
  "fixtures/source/source-cases.go1.26.debug1.txt",
])("another version of the source, %s", (fixture) => {
  let dump: Dump;
  let truth: readonly string[][];
  beforeAll(async () => {
    dump = await fixtureDump(fixture);
    truth = claims(dump, (await openSource({ roots: [programs] })).forDump(dump));
  });

  test("lines added anywhere, functions renamed, files missing: never a claim that the right source does not make", async () => {
    const cases = path.join(programs, "source-cases");
    const names = readdirSync(cases, { recursive: true, encoding: "utf8" })
      .filter((n) => n.endsWith(".go"))
      .sort();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          change.filter((c) => c.kind !== "cut" && c.kind !== "swap"),
          { minLength: 1, maxLength: 3 },
        ),
        async (changes) => {
          const folder = mkdtempSync(path.join(tmpdir(), "deadlock-lint-versions-"));
          try {
            cpSync(cases, path.join(folder, "source-cases"), { recursive: true });
            for (const one of changes) apply(path.join(folder, "source-cases"), names, one);
            const said = claims(dump, (await openSource({ roots: [folder] })).forDump(dump));
            said.forEach((list, i) => {
              for (const claim of list)
                expect(truth[i], dump.stacks[i]!.frames[0]!.symbol.name).toContain(claim);
            });
          } finally {
            rmSync(folder, { recursive: true });
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test("text cut out and swapped: never a crash", async () => {
    const cases = path.join(programs, "source-cases");
    const names = readdirSync(cases, { recursive: true, encoding: "utf8" })
      .filter((n) => n.endsWith(".go"))
      .sort();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const folder = mkdtempSync(path.join(tmpdir(), "deadlock-lint-versions-"));
        try {
          cpSync(cases, path.join(folder, "source-cases"), { recursive: true });
          for (const one of changes) apply(path.join(folder, "source-cases"), names, one);
          claims(dump, (await openSource({ roots: [folder] })).forDump(dump));
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 10 },
    );
  });
});

/** Every file of the programs, relative to them. */
const programFiles = readdirSync(programs, { recursive: true, encoding: "utf8" })
  .filter((n) => n.endsWith(".go"))
  .sort();

describe("findings with another version of the source", () => {
  const entries = readableFixtures.filter((e) => /go1\.27.*(debug[12]|delve-core\.json)/.test(e.file));

  test("nothing healthy is raised, and nothing is proved that the right source does not prove", async () => {
    const read = await Promise.all(
      entries.map(async (e) => [e, await fixtureDump(`fixtures/rules/${e.file}`)] as const),
    );
    const right = await openSource({ roots: [programs] });
    const proved = (dump: Dump, source: Source) =>
      analyze([dump], rules, { source })
        .findings.filter((f) => f.confidence === "high")
        .map((f) => f.ruleId);
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 20, maxLength: 30 }),
        fc.nat(),
        async (changes, from) => {
          const folder = mkdtempSync(path.join(tmpdir(), "deadlock-lint-versions-"));
          try {
            cpSync(programs, folder, { recursive: true });
            changes.forEach((one, i) => {
              if (one.kind === "cut" || one.kind === "swap") return;
              apply(folder, programFiles, { ...one, file: one.file + i * 7 });
            });
            const source = await openSource({ roots: [folder] });
            for (const [entry, dump] of read.filter((_, i) => (i + from) % 4 === 0)) {
              const said = proved(dump, source);
              const without = analyze([dump], rules)
                .findings.filter((f) => f.confidence === "high")
                .map((f) => f.ruleId);
              const allowed = [...proved(dump, right), ...without];
              for (const id of said) expect(allowed, entry.file).toContain(id);
              if (entry.expect !== "quiet") continue;
              expect(analyze([dump], rules, { source }).findings.filter((f) => f.gated)).toEqual([]);
            }
          } finally {
            rmSync(folder, { recursive: true });
          }
        },
      ),
      { numRuns: 6 },
    );
  }, 120_000);
});

const oneSend = `package main

func run(a, b chan int) {
	a <- 1
	b <- 2
}

func main() {
	go run(nil, nil)
	select {}
}
`;

const dumpText = (line: number, go: number) => `goroutine 5 [chan send, 3 minutes]:
main.run(0xc000012345, 0xc000012346)
	/build/app/main.go:${line} +0x1f
created by main.main in goroutine 1
	/build/app/main.go:${go} +0x2f
`;

describe("lines that fit by chance", () => {
  const siteOf = (text: string, dumped: string) =>
    withFolder({ "app/main.go": text }, async (folder) => {
      const dump = await dumpOf(dumped);
      const source = (await openSource({ roots: [folder] })).forDump(dump);
      return source.facts(dump.stacks[0]!);
    });

  test("a second frame of the file vouches for the line", async () => {
    expect((await siteOf(oneSend, dumpText(4, 9))).site?.text).toBe("a");
    expect((await siteOf(oneSend, dumpText(5, 9))).site?.text).toBe("b");
  });

  test("the go statement is elsewhere: the source is of another build", async () => {
    const facts = await siteOf(oneSend, dumpText(5, 10));
    expect(facts.site).toBeUndefined();
    expect(facts.reason).toBe("source does not match this dump: app/main.go:10 starts no goroutine");
  });

  test("nothing vouches: two sends of one function are not told apart", async () => {
    const alone = dumpText(5, 9).split("\n").slice(0, 3).join("\n");
    const facts = await siteOf(oneSend, `${alone}\n`);
    expect(facts.site).toBeUndefined();
    expect(facts.reason).toMatch(/several lines of the function fit/);
  });

  test("a line without a send", async () => {
    expect((await siteOf(oneSend, dumpText(3, 9))).reason).toBe(
      "source does not match this dump: app/main.go:3 holds no send",
    );
  });
});

describe("source that can't be used", () => {
  const reasonFor = (text: string) =>
    withFolder({ "app/main.go": text }, async (folder) => {
      const dump = await dumpOf(dumpText(4, 9));
      const source = await openSource({ roots: [folder] });
      const facts = source.forDump(dump).facts(dump.stacks[0]!);
      return { reason: facts.reason, site: facts.site, problems: source.problems };
    });

  test.each([
    ["no Go", "package main\n\nfunc {{{\n", /does not parse as Go \(line 3\)/],
    ["generated from another file", `//line main.y:1\n${oneSend}`, /\/\/line directives/],
    ["empty", "", /only another package/],
    [
      "another package",
      oneSend.replace("package main", "package other"),
      /is of package other|another package/,
    ],
  ])("%s is said", async (_, text, expected) => {
    const { reason, site } = await reasonFor(text);
    expect(site).toBeUndefined();
    expect(reason).toMatch(expected);
  });

  test("cgo files keep their lines", async () => {
    const cgo = oneSend.replace("package main\n\n", 'package main; import "C"\n\n');
    expect((await reasonFor(cgo)).site?.text).toBe("a");
  });
});
