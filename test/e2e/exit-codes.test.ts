/** The exit codes of the command line, from a shell. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dump, file, lint, lockCycle, quiet, scratch, selfSend, shell } from "./shell.ts";

const directory = scratch();
const missing = join(directory, "missing.txt");
const page = file(directory, "page.html", "<!doctype html><html><body>Sign in</body></html>");
const cut = file(directory, "cut.txt", readFileSync(selfSend).subarray(0, -200));
const empty = file(directory, "empty.txt", "");
const nobody = file(directory, "nobody.txt", "goroutine profile: total 60\n");
const noLeak = file(directory, "leak.txt", "goroutineleak profile: total 0\n");
const broken = file(directory, "broken.yaml", "rules:\n\t- id: x\n");

const cases: readonly (readonly [string, number, readonly string[]])[] = [
  ["nothing found", 0, [quiet]],
  ["a finding at the gate", 1, [selfSend]],
  ["several dumps, one with a finding", 1, [quiet, lockCycle]],
  ["a finding, but --fail-on never", 0, ["--fail-on", "never", selfSend]],
  ["a finding below the confidence", 0, ["--min-confidence", "high", selfSend]],
  ["a path that does not exist", 2, [missing]],
  ["a path below a file", 2, [join(quiet, "dump.txt")]],
  ["a path that is too long", 2, ["x".repeat(300)]],
  ["a misspelt command", 2, ["grph", quiet]],
  ["an unknown option", 2, ["--nonsense", quiet]],
  ["an unknown format", 2, ["--format", "pdf", quiet]],
  ["a broken rule file", 2, ["--rules", broken, selfSend]],
  ["no rule left", 2, ["--no-default-rules", quiet]],
  ["a file without a dump", 3, [page]],
  ["a cut dump, though with findings", 3, [cut]],
  ["a cut dump, allowed", 1, ["--allow-partial", cut]],
  ["no dump, allowed", 3, ["--allow-partial", page]],
  ["an empty file, allowed", 3, ["--allow-partial", empty]],
  ["no goroutine, allowed", 3, ["--allow-partial", nobody]],
  ["no dump beside another, allowed", 0, ["--allow-partial", page, quiet]],
  ["a leak profile alone that lists nobody", 3, [noLeak]],
  ["a leak profile alone that lists nobody, allowed", 0, ["--allow-partial", noLeak]],
  ["more files than allowed", 2, ["--max-files", "10", dump("channel")]],
  ["2 before 3 and 1", 2, [missing, page, selfSend]],
  ["2 even where partial input is allowed", 2, ["--allow-partial", missing, quiet]],
  ["3 before 1", 3, [page, selfSend]],
  ["too many goroutines", 1, ["--max-goroutines", "6", quiet]],
  ["as many goroutines as allowed", 0, ["--max-goroutines", "7", quiet]],
  ["too many blocked", 1, ["--max-blocked", "1", quiet]],
  ["as many blocked as allowed", 0, ["--max-blocked", "2", quiet]],
  ["grown", 1, ["--series", "--fail-on", "never", "--max-growth", "10", quiet, selfSend]],
  ["grown within the budget", 0, ["--series", "--fail-on", "never", "--max-growth", "12", quiet, selfSend]],
  ["grown by percent", 1, ["--before", quiet, "--fail-on", "never", "--max-growth", "170%", selfSend]],
  ["within percent", 0, ["--before", quiet, "--fail-on", "never", "--max-growth", "172%", selfSend]],
  ["growth of one dump", 2, ["--max-growth", "10%", quiet]],
  ["growth of one snapshot", 3, ["--series", "--max-growth", "10%", quiet]],
  ["a budget that is no number", 2, ["--max-goroutines", "many", quiet]],
  ["a growth that is no number", 2, ["--series", "--max-growth", "some", quiet, quiet]],
  ["there before the load", 0, ["--before", selfSend, selfSend]],
  ["not there before the load", 1, ["--before", quiet, selfSend]],
  ["no dump from before", 2, ["--before", missing, quiet]],
  ["no baseline", 2, ["--baseline", missing, quiet]],
  ["no dump as baseline", 2, ["--baseline", quiet, quiet]],
];

test("a run that ends while it waits for what never comes is no pass", () => {
  const never = file(
    directory,
    "never.cjs",
    "require('node:fs/promises').open = () => new Promise(() => undefined);",
  );
  const { code, stdout, stderr } = shell('"$NODE" -r "$1" "$CLI" "$2"', [never, quiet]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("the run ended before it was done");
});

describe("every code", () => {
  test.each(cases)("%s: %i", (_, code, args) => {
    const { code: ended, stderr } = lint(...args);
    expect(ended, stderr).toBe(code);
    expect(stderr).not.toContain("internal error");
  });
});

test.each([
  [["--fromat", "json"], "unknown option --fromat\n  did you mean --format?"],
  [["--no-colr", quiet], "unknown option --no-colr\n  did you mean --no-color?"],
  // --only is an option of others.
  [["graph", quiet, "--only", "a"], "unknown option --only\n  see deadlock-lint graph --help"],
  [["rules", "lst"], "unknown argument lst\n  did you mean deadlock-lint rules list?"],
  [["diff", quiet], "a further argument is missing\n  see deadlock-lint diff --help"],
  [
    ["--fail-on", "eror", quiet],
    '--fail-on "eror" is not allowed\n  did you mean error? It takes error, warning, info, never.',
  ],
  [["--fail-on", "never", "--fail-on", "error", quiet], "--fail-on is given more than once"],
  [["--baseline=a", "--baseline=b", quiet], "--baseline is given more than once"],
  [["--debug", "3", "--pprof", "http://127.0.0.1:9"], "--debug 3 is not allowed\n  It takes 0, 1, 2."],
  [["--threads", "two", quiet], "--threads must be a whole number"],
  [["--max-findings", "-1", quiet], "--max-findings must be a whole number"],
  [["stacks", quiet, "--top", "1.5"], "--top must be a whole number"],
  [["explain", "lock/convoy", quiet, "--goroutine", "g1"], "--goroutine must be a whole number"],
] as const)("%j is refused, and says what is allowed", (args, said) => {
  const { code, stderr } = lint(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
});

describe("where and how output is written does not change the code", () => {
  const some = new Set([
    "nothing found",
    "a finding at the gate",
    "a broken rule file",
    "2 before 3 and 1",
    "3 before 1",
  ]);
  test.each(cases.filter(([title]) => some.has(title)))("%s: %i", (_, code, args) => {
    expect(lint(...args, "--format", `json=${join(directory, "out.json")}`).code).toBe(code);
    expect(lint(...args, "--format", "text", "--format", `sarif=${join(directory, "o.sarif")}`).code).toBe(
      code,
    );
    expect(shell('lint "$@" | cat >/dev/null', args).code).toBe(code);
    expect(shell('{ lint "$@"; echo $? >&2; } 2>&1 >/dev/null | tail -1', args).stdout.trim()).toBe(
      String(code),
    );
    expect(shell('lint "$@" > >(head -1 >/dev/null)', args).code).toBe(code);
    expect(shell('lint "$@" --quiet >&-', args).code).toBe(code);
  });
});

test("the codes of all formats are alike, and what is in the JSON is what the process ends with", () => {
  for (const format of ["text", "json", "ndjson", "html", "sarif", "junit", "github", "gitlab"])
    expect(lint("--format", format, lockCycle).code, format).toBe(1);
  for (const args of [[lockCycle], [cut], [missing, lockCycle], [quiet]]) {
    const { code, stdout } = lint("--format", "json", ...args);
    expect(JSON.parse(stdout).gate.exitCode).toBe(code);
  }
});

test("a file that can't be written is 2, the other formats are there, nothing is left half-written", () => {
  const out = join(directory, "out");
  const run = shell('mkdir "$1"; lint --format "sarif=$1/no/x.sarif" --format "json=$1/x.json" "$2"', [
    out,
    selfSend,
  ]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("x.sarif: can't be written");
  expect(readdirSync(out)).toEqual(["x.json"]);
});

test("a full disk is 2", () => {
  expect(shell('lint "$1" >/dev/full', [selfSend]).code).toBe(2);
});

test("what follows -- is a dump, and no input is read instead of it", () => {
  for (const words of ["--", "check --", "check --quiet --", "stacks --"]) {
    const run = shell(`lint ${words} "$1" <"$2"`, [missing, quiet]);
    expect(run.code, run.stderr).toBe(2);
    expect(run.stderr).toContain("missing.txt");
  }
  const odd = file(directory, "--odd.txt", readFileSync(selfSend));
  expect(shell('cd "$1" && lint -- --odd.txt </dev/null', [join(odd, "..")]).code).toBe(1);
  expect(lint("init", "--", "x").code).toBe(2);
});

test("standard input is read; an empty one is 3", () => {
  expect(shell('lint < "$1"', [selfSend]).code).toBe(1);
  expect(shell('cat "$1" | lint -', [quiet]).code).toBe(0);
  expect(shell("lint </dev/null").code).toBe(3);
});

describe("budgets of the configuration", () => {
  const config = (budgets: string): string[] => [
    "--config",
    file(directory, "budgets.yaml", `schema: 1\nbudgets:\n${budgets}\n`),
  ];

  test.each<[string, number, string, string[]]>([
    ["of all goroutines", 1, "  - max-goroutines: 6", [quiet]],
    ["of all goroutines, kept", 0, "  - max-goroutines: 7", [quiet]],
    ["of a group", 1, "  - { name: senders, function: main.startJournal, max-goroutines: 10 }", [selfSend]],
    [
      "of a group, kept",
      0,
      "  - { name: senders, function: main.startJournal, max-goroutines: 11 }",
      [selfSend],
    ],
    ["of another group", 0, "  - { entry: main.other, max-goroutines: 0 }", [selfSend]],
    ["of growth", 1, "  - { function: main.startJournal, max-growth: 10 }", ["--series", quiet, selfSend]],
    [
      "of growth, kept",
      0,
      "  - { function: main.startJournal, max-growth: 11 }",
      ["--series", quiet, selfSend],
    ],
    ["of growth, without snapshots", 0, "  - max-growth: 0%", [quiet]],
    ["without a limit", 2, "  - name: senders", [quiet]],
    ["of a name that no function has", 2, "  - { entry: 'main::run', max-goroutines: 1 }", [quiet]],
    ["with a wrong word", 2, "  - { max-gorutines: 1 }", [quiet]],
  ])("%s: %i", (_, code, budgets, args) => {
    const run = lint(...config(budgets), "--fail-on", "never", ...args);
    expect(run.code, run.stdout + run.stderr).toBe(code);
    expect(run.stderr).not.toContain("internal error");
  });
});

describe("baseline", () => {
  const baseline = join(directory, "baseline.json");

  test("the known finding passes, a second bug fails, and a fixed one is stale", () => {
    expect(lint("baseline", "write", selfSend, "--output", baseline).code).toBe(0);
    const known = lint("--baseline", baseline, "--format", "json", selfSend);
    expect(known.code).toBe(0);
    const statuses = JSON.parse(known.stdout).findings.map((f: { status: string }) => f.status);
    expect(new Set(statuses)).toEqual(new Set(["baseline"]));
    expect(lint("--baseline", baseline, selfSend, lockCycle).code).toBe(1);

    const stale = lint("--baseline", baseline, quiet);
    expect(stale.code).toBe(0);
    expect(stale.stdout.replace(/\s+/g, " ")).toContain("matches no finding any more");
    expect(lint("--baseline", baseline, "--strict-baseline", quiet).code).toBe(1);
    expect(lint("--baseline", baseline, "--strict-baseline", selfSend).code).toBe(0);
    // Rules that did not run say nothing about their entries.
    expect(lint("--baseline", baseline, "--strict-baseline", "--only", "select/*", quiet).code).toBe(0);
  });

  test("prune removes what is fixed and keeps the notes of the rest", () => {
    lint("baseline", "write", selfSend, lockCycle, "--output", baseline);
    const file = JSON.parse(readFileSync(baseline, "utf8"));
    for (const entry of file.findings) entry.note = `note on ${entry.ruleId}`;
    shell('cat > "$1" <<<"$2"', [baseline, JSON.stringify(file)]);
    expect(lint("baseline", "prune", baseline, lockCycle).code).toBe(0);
    const left = JSON.parse(readFileSync(baseline, "utf8")).findings;
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(file.findings.length);
    for (const entry of left) expect(entry.note).toBe(`note on ${entry.ruleId}`);
    expect(lint("--baseline", baseline, lockCycle).stdout).toContain(left[0].note);
  });

  test("half an input makes no baseline", () => {
    const none = join(directory, "none.json");
    expect(lint("baseline", "write", cut, "--output", none).code).toBe(3);
    expect(lint("baseline", "write", missing, "--output", none).code).toBe(2);
    expect(lint("baseline", "write", quiet).code).toBe(2);
    expect(existsSync(none)).toBe(false);
  });
});

describe("report", () => {
  test("a saved report gives the same bytes in every format, and the same code", () => {
    const saved = join(directory, "saved.json");
    const formats = "json ndjson html sarif junit github gitlab markdown prometheus dot svg mermaid text";
    for (const dump of [selfSend, quiet]) {
      const run = shell(
        `lint "$1" --format json="$2"; code=$?
         for f in ${formats}; do cmp <(lint "$1" --format $f) <(lint report "$2" --format $f) || exit 99; done
         lint report "$2" >/dev/null; [ $? = $code ] || exit 98
         lint report - <"$2" >/dev/null; [ $? = $code ] || exit 97`,
        [dump, saved],
      );
      expect(run.code, run.stdout + run.stderr).toBe(0);
    }
  }, 60_000);

  test.each([
    ["garbage", "{"],
    ["another JSON", "[1]"],
    ["hostile keys", '{"__proto__": {"gate": {"exitCode": 0}}}'],
    ["deep nesting", "[".repeat(100_000)],
  ])("%s is 3, with what is wrong", (name, text) => {
    const { code, stderr } = lint("report", file(directory, `${name}.json`, text));
    expect(code).toBe(3);
    expect(stderr).toContain("not a saved report");
  });

  test("a missing report is 2", () => expect(lint("report", missing).code).toBe(2));
});

test("$GITHUB_STEP_SUMMARY gets the whole report, after what is there", () => {
  const summary = file(directory, "summary.md", "# before\n");
  const run = shell('lint --format github "$1"', [lockCycle], { GITHUB_STEP_SUMMARY: summary });
  expect(run.code).toBe(1);
  expect(readFileSync(summary, "utf8")).toBe(`# before\n${lint("--format", "markdown", lockCycle).stdout}`);
});

test("completion prints a script and nothing else", () => {
  const { code, stdout, stderr } = lint("completion");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("deadlock-lint");
  const asked = shell("lint --get-yargs-completions deadlock-lint base");
  expect(asked.stdout.split("\n")).toContain("baseline");
});

test("a Zstandard frame that asks for more memory than usual is read when that is allowed", () => {
  const dump = readFileSync(quiet);
  const block = (dump.length << 3) | 1;
  // One raw block in a window of 256 MiB.
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, block & 255, (block >> 8) & 255, block >> 16];
  const packed = file(directory, "wide.zst", Buffer.concat([Buffer.from(header), dump]));
  expect(lint(packed).code).toBe(3);
  expect(lint(packed).stderr).toContain("raise --max-zstd-window");
  expect(lint(packed, "--max-zstd-window", "256MB").code).toBe(0);
});

test("a command behind a dump is told to come first, and a number that is none what it takes", () => {
  for (const args of [
    [quiet, "graph"],
    [quiet, selfSend, "stacks", "--top", "3"],
  ]) {
    const { code, stdout, stderr } = lint(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/\n {2}the command comes first: deadlock-lint (graph|stacks) \S+/);
  }
  expect(lint(quiet, "--threads", "x").stderr).toMatch(/--threads must be a whole number without a sign/);
  file(directory, "graph", readFileSync(selfSend));
  expect(shell('cd "$1" && lint ./graph graph', [directory]).code).toBe(1);
});

test("a misspelt command is told the one that was meant, and a file of that name is a dump", () => {
  for (const args of [
    ["grph", quiet],
    ["condens", "-o", "x"],
  ]) {
    const { code, stderr } = lint(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no such command\n {2}did you mean deadlock-lint (graph|condense)\?/);
  }
  file(directory, "grph", readFileSync(selfSend));
  expect(shell('cd "$1" && lint grph', [directory]).code).toBe(1);
});
