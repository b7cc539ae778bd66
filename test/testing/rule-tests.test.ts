import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { errorText } from "../../src/cli/print-error.ts";
import { loadRuleFiles } from "../../src/rules/load.ts";
import {
  coverageOf,
  coverageText,
  loadRuleTests,
  quietCorpus,
  runRuleTests,
  type TestResult,
  testJson,
  testJunit,
  testText,
  updatedFiles,
} from "../../src/testing/testing.ts";

const folder = mkdtempSync(join(tmpdir(), "rule-tests-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "pool.yaml");

const rules = (tests: string): string => `schema: 1
rules:
  - id: team/pool
    title: t
    severity: error
    roles: { s: { wait: chan-send, at: { method: put, line: $AT } } }
    explains: [team/any]
    message: "$s.count at $AT"
    tests:
${tests}
  - { id: team/any, title: t, severity: info, roles: { g: { wait: channel, at: { line: $AT } } }, message: "at $AT" }
`;

const dump = `dump: |
          goroutine 2 [chan send]:
          main.(*Pool).put(...)
          	/src/pool.go:10
`;
const quiet = dump.replace("put", "get");

async function run(tests: string): Promise<TestResult[]> {
  writeFileSync(file, rules(tests));
  const { rules: loaded } = await loadRuleFiles([file]);
  return runRuleTests(
    await loadRuleTests(loaded, [file]),
    loaded.map((l) => l.rule),
  );
}

const one = (expected: string, text = dump): string => `      - name: it
        # a comment stays
        expect: ${expected}
        ${text}`;

describe("expectations", () => {
  test.each([
    ["{ findings: 1 }", dump, []],
    ["none", quiet, []],
    ["none", dump, [{ what: "findings", expected: "none", got: "1 at /src/pool.go:10" }]],
    ["{ findings: 1 }", quiet, [{ what: "findings", expected: "1", got: "0" }]],
    ["{ confidence: high }", dump, [{ what: "confidence", expected: "high", got: "medium" }]],
    ["{ severity: error, confidence: medium }", dump, []],
    ["{ roles: { s: 1, other: 0 } }", dump, []],
    ["{ roles: { s: { gte: 2 } } }", dump, [{ what: "roles.s", expected: "{ gte: 2 }", got: "1" }]],
    ['{ bindings: { AT: "*pool.go:10" }, message: "1 at *" }', dump, []],
    ["{ bindings: { AT: gone } }", dump, [{ what: "bindings.AT", expected: "gone", got: "/src/pool.go:10" }]],
    ["{ symptoms: [team/any] }", dump, []],
    ["{ symptoms: [team/x] }", dump, [{ what: "symptoms", expected: "team/x", got: "[team/any]" }]],
  ])("%s", async (expected, text, differences) => {
    const [result] = await run(one(expected, text));
    expect(result!.differences).toEqual(differences);
    expect(result!.status).toBe(differences.length === 0 ? "passed" : "failed");
  });
});

test("a failing test shows expected against got, and why", async () => {
  const text = testText(await run(one("{ findings: 1 }", quiet)), false);
  expect(text).toContain("✗ team/pool: it\n");
  expect(text).toContain("findings: expected 1\n              but got  0\n");
  expect(text).toContain("nobody plays s: the last candidates fail “at: { method: put, line: $AT }”");
  expect(text).toContain("0 passed, 1 failed");
});

test("junit and json say the same", async () => {
  const results = await run(`${one("{ findings: 2 }")}\n${one("none", quiet)}`);
  const junit = testJunit(results, []);
  expect(junit).toContain('<testsuite name="team/pool" tests="2" failures="1"');
  expect(junit).toContain('<failure message="findings: expected 2, got 1">');
  expect(testJson(results, [], [])).toMatchObject({ tests: [{ status: "failed" }, { status: "passed" }] });
});

test("todo tests may fail, but not pass unnoticed", async () => {
  const results = await run(`${one("none\n        todo: true")}\n${one("none\n        todo: true", quiet)}`);
  expect(results.map((r) => r.status)).toEqual(["todo", "unexpected pass"]);
});

test("update writes what is said and leaves everything else", async () => {
  const results = await run(
    `      - name: new\n        ${dump}\n${one("{ confidence: high,\n          severity: info }")}`,
  );
  const [updated] = await updatedFiles(results);
  expect(updated).toMatchObject({ file, updated: 2, skipped: [] });
  writeFileSync(file, updated!.text);
  expect(updated!.text).toContain(
    "# a comment stays\n        expect: { severity: error, confidence: medium }\n",
  );
  expect(updated!.text).toContain("expect: { findings: 1, confidence: medium, roles: { s: 1 } }\n");
  const { rules: loaded } = await loadRuleFiles([file]);
  const again = await runRuleTests(
    await loadRuleTests(loaded, [file]),
    loaded.map((l) => l.rule),
  );
  expect(again.map((r) => r.status)).toEqual(["passed", "passed"]);
});

test("a test without expectation gets it behind the name of its dump, line by line where it is long", async () => {
  writeFileSync(
    join(folder, "short.txt"),
    "goroutine 2 [chan send]:\nmain.(*Pool).put(...)\n\t/src/pool.go:10\n",
  );
  const [updated] = await updatedFiles(await run("      - name: new\n        dump: short.txt"));
  expect(updated!.text).toContain(
    "        dump: short.txt\n        expect: { findings: 1, confidence: medium, roles: { s: 1 } }\n",
  );
  const long = join(folder, "a".repeat(90));
  mkdirSync(long);
  const deep = `goroutine 2 [chan send]:\nmain.(*Pool).put(...)\n\t/src/${"a".repeat(90)}/pool.go:10\n`;
  writeFileSync(join(long, "d.txt"), deep);
  const written = "expect: { findings: 2, bindings: { AT: x } }";
  const [blocks] = await updatedFiles(
    await run(`      - name: new\n        ${written}\n        dump: ${"a".repeat(90)}/d.txt`),
  );
  expect(blocks!.text).toContain(
    `        expect:\n          findings: 1\n          bindings:\n            AT: /src/${"a".repeat(90)}/pool.go:10\n        dump: `,
  );
});

test("Go source beside the tests is asked, and must be there", async () => {
  const withSource = (folderName: string) => one(`none\n        source: ${folderName}`, quiet);
  expect((await run(withSource(".")))[0]).toMatchObject({
    status: "passed",
    facts: { source: expect.anything() },
  });
  await expect(run(withSource("gone"))).rejects.toThrow("gone");
});

test("coverage names what is not tested", async () => {
  const results = await run(`${one("{ findings: 1 }")}\n${one("none", quiet)}`);
  const { rules: loaded } = await loadRuleFiles([file]);
  const coverage = coverageOf(
    loaded.map((l) => l.rule),
    results,
  );
  expect(coverageText(coverage)).toContain("team/pool: never decided anything: s: wait: chan-send\n");
  expect(coverageText(coverage)).toContain("team/any: no firing test\nteam/any: no quiet test\n");
  expect(coverageText(coverage)).toContain("1 of 2 rules with a firing and a quiet test");
});

test("coverage names questions that no match of any test answers with yes", async () => {
  const questions = `    confidence: { base: low, raise: [{ to: high, when: { count: { role: s, gte: 9 } } }] }
    escalate: [{ severity: info, when: { count: { role: s, gte: 1 } } }]
    tests:
`;
  writeFileSync(
    file,
    rules(`${one("{ findings: 1 }")}\n${one("none", quiet)}`).replace("    tests:\n", questions),
  );
  const { rules: loaded } = await loadRuleFiles([file]);
  const compiled = loaded.map((l) => l.rule);
  const results = await runRuleTests(await loadRuleTests(loaded, [file]), compiled);
  const [coverage] = coverageOf(compiled, results);
  expect(coverage!.undecided.filter((text) => /raised|escalated/.test(text))).toEqual([
    'confidence raised: {"count":{"role":"s","gte":9}}',
  ]);
});

test("a quiet corpus must be quiet, and must be there", async () => {
  await run(one("none", quiet));
  const { rules: loaded } = await loadRuleFiles([file]);
  const corpus = join(folder, "corpus.txt");
  writeFileSync(corpus, "goroutine 2 [chan send]:\nmain.(*Pool).put(...)\n\t/src/pool.go:10\n");
  const compiled = loaded.map((l) => l.rule);
  expect((await quietCorpus([corpus], compiled)).map((n) => n.ruleId)).toEqual(["team/pool", "team/any"]);
  await expect(quietCorpus([join(folder, "gone")], compiled)).rejects.toThrow("gone");
});

describe("one mistake gives one message", () => {
  test.each([
    ["a missing dump", one("none", "dump: gone.txt"), "the dump gone.txt can't be used", "13:15"],
    ["a Windows path", one("none", "dump: 'dumps\\gone.txt'"), "write paths with / on every system", "13:16"],
    ["a text that is no dump", one("none", "dump: |\n          hello\n"), "the text is no dump", "14:1"],
    ["an unknown key", one("none\n        dmup: x"), 'did you mean "dump"?', "13:9"],
    ["a wrong expectation", one("nothing"), "has not the form", "12:17"],
  ])("%s", async (_what, tests, message, place) => {
    const said = await run(tests).then(
      () => "",
      (error: unknown) => errorText(error),
    );
    expect(said).toContain(message);
    expect(said).toContain(`pool.yaml:${place}: error:`);
    expect(said.match(/: error: /g)).toHaveLength(1);
  });

  test("a test file that names an unknown rule", async () => {
    writeFileSync(
      join(folder, "other.test.yaml"),
      "schema: 1\ntests:\n  - { rule: team/pol, name: n, dump: d, expect: none }\n",
    );
    writeFileSync(file, rules(one("none", quiet)));
    const { rules: loaded } = await loadRuleFiles([file]);
    await expect(loadRuleTests(loaded, [folder])).rejects.toThrow("there is no rule team/pol");
    expect(await loadRuleTests(loaded, [file])).toHaveLength(1);
    rmSync(join(folder, "other.test.yaml"));
  });

  test("tests beside the file name dumps relative to themselves", async () => {
    writeFileSync(
      join(folder, "d.txt"),
      "goroutine 2 [chan send]:\nmain.(*Pool).put(...)\n\t/src/pool.go:10\n",
    );
    const beside = join(folder, "pool.test.yaml");
    writeFileSync(
      beside,
      "schema: 1\ntests:\n  - { rule: team/pool, name: n, dump: d.txt, expect: { findings: 1 } }\n",
    );
    const results = await run(one("none", quiet));
    expect(results.map((r) => r.status)).toEqual(["passed", "passed"]);
    expect(readFileSync(beside, "utf8")).toContain("d.txt");
    rmSync(beside);
  });
});
