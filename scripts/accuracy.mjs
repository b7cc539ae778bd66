// Measures the built-in rules on labelled corpora: npm run accuracy [-- CORPUS...] [--misses] [--write]
// A CORPUS holds goker/bugs (LABELS.json), goker/transient and healthy, or some of them; the project ships none. A setting
// is measured where there are dumps of it: GO.debug2.txt, GO.debug2_aged_noise.txt, GO.later_debug2_noise.txt (the same
// process some seconds later) and so on. --write puts the numbers and the misses into docs/accuracy.md: the first corpus
// is the one that the rules were written with, the others are those for the cross-check, each with a README.md that says
// what it is. Without others, what the page says of the cross-check is kept.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyze } from "../dist/analyze.js";
import { readDumps } from "../dist/read/read-dumps.js";
import { builtinRules } from "../dist/rules/builtin.js";

const given = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const corpora = given.length > 0 ? given : [new URL("../../shared/corpus", import.meta.url).pathname];
const writes = process.argv.includes("--write");
const showMisses = process.argv.includes("--misses");
const missing = corpora.find((corpus) => !existsSync(corpus));
if (missing !== undefined) {
  console.error(`no corpus at ${missing}: give its folder`);
  process.exit(2);
}

const rules = builtinRules();
const flatten = (findings) => findings.flatMap((f) => [f, ...flatten(f.symptoms)]);

async function lint(paths) {
  const { dumps, failures } = await readDumps(paths, { threads: 1 });
  if (failures.length > 0) throw new Error(`${failures[0].name}: ${failures[0].error.message}`);
  return analyze(dumps, rules, { series: paths.length > 1 });
}

/** The functions that a finding's roles contain, without receivers and packages. */
function functionsOf(finding) {
  const names = new Set();
  for (const role of finding.roles) {
    for (const stack of role.stacks) for (const frame of stack.frames) names.add(frame.function);
  }
  return names;
}

/** Labels name functions as `f`, `f.func1` or `(*T).m`. */
const has = (names, guilty) =>
  [...names].some((n) =>
    guilty.some((g) => `${n}.`.replace("[...]", "").includes(`${g.startsWith("(") ? "" : "."}${g}.`)),
  );

const percent = (n, of) => (of === 0 ? "-" : `${((100 * n) / of).toFixed(0)} %`);

/** One setting of the bugs: `pick` gives the lists of paths that are linted together. */
async function bugs(corpus, title, pick) {
  const folder = join(corpus, "goker/bugs");
  const labels = JSON.parse(readFileSync(join(folder, "LABELS.json"), "utf8"));
  const sum = { dumps: 0, found: 0, classified: 0, gate: 0, gateRight: 0, gateAll: 0, first: 0, any: 0 };
  const misses = [];
  for (const [bug, label] of Object.entries(labels)) {
    if (!existsSync(join(folder, bug))) continue;
    const files = readdirSync(join(folder, bug)).sort();
    for (const paths of pick(files.map((f) => join(folder, bug, f)))) {
      const miss = await judge(bug, label, paths, sum);
      if (miss !== undefined) misses.push(miss);
    }
  }
  if (sum.dumps === 0) return { row: undefined, misses: "" };
  console.log(
    `${title}: ${sum.dumps} dumps, found ${percent(sum.found, sum.dumps)}, classified ${percent(sum.classified, sum.dumps)}, ` +
      `at the default gate ${percent(sum.gate, sum.dumps)}, precision there ${percent(sum.gateRight, sum.gateAll)} of ${sum.gateAll}, root first ${percent(sum.first, sum.any)}`,
  );
  if (showMisses) for (const miss of misses) console.log(`  ${miss}`);
  const row = [
    title,
    sum.dumps,
    percent(sum.found, sum.dumps),
    percent(sum.classified, sum.dumps),
    percent(sum.gate, sum.dumps),
    `${percent(sum.gateRight, sum.gateAll)} of ${sum.gateAll}`,
    percent(sum.first, sum.any),
  ].join(" | ");
  const lines = misses.map((miss) => `- ${miss.replaceAll(".txt:", ":")}`);
  return { row, misses: [`\n### ${title}\n`, ...lines].join("\n") };
}

/** Lints one dump, or a series, of a bug; adds to `sum`; returns a line if the right finding isn't first. */
async function judge(bug, label, paths, sum) {
  const report = await lint(paths);
  const last = report.dumps.at(-1).name;
  const findings = report.findings.filter((f) => f.dump === last && f.severity !== "info");
  const right = (f) => has(functionsOf(f), label.guilty);
  const inArea = (f) => label.areas.includes(f.ruleId.split("/")[0]);
  const [top] = findings;
  sum.dumps++;
  const found = top !== undefined && right(top);
  if (found) sum.found++;
  if (found && inArea(top)) sum.classified++;
  const gated = flatten(findings).filter((f) => f.gated);
  if (gated.some(right)) sum.gate++;
  sum.gateAll += gated.length;
  sum.gateRight += gated.filter(right).length;
  if (flatten(findings).some(right)) {
    sum.any++;
    if (found) sum.first++;
  }
  if (found && inArea(top)) return undefined;
  return `${bug} (${label.class}) ${paths.at(-1).split("/").at(-1)}: ${top === undefined ? "nothing" : `${top.ruleId} ${top.confidence}${found ? "" : " (not the guilty)"}`}`;
}

async function quiet(title, files) {
  if (files.length === 0) return undefined;
  let atGate = 0;
  let low = 0;
  let warned = 0;
  const lines = [];
  for (const file of files) {
    const report = await lint([file]);
    const all = flatten(report.findings);
    if (all.some((f) => f.gated)) atGate++;
    if (all.some((f) => f.severity === "error")) low++;
    if (all.some((f) => f.severity !== "info")) warned++;
    if (report.findings.length > 0)
      lines.push(
        `  ${file.split("/").slice(-2).join("/")}: ${report.findings.map((f) => `${f.ruleId} ${f.severity} ${f.confidence}`).join(", ")}`,
      );
  }
  console.log(
    `${title}: ${files.length} dumps, with a finding at the default gate ${atGate}, at --min-confidence low ${low}, with a warning ${warned}`,
  );
  if (showMisses) for (const line of lines) console.log(line);
  return [title, files.length, atGate, low, warned, lines.length].join(" | ");
}

const bugHead = `setting | dumps | found | classified | default gate | precision there | root first
---|---|---|---|---|---|---`;
const quietHead = `setting | dumps | with an error at the default gate | with an error at low confidence | with a warning | with any finding
---|---|---|---|---|---`;

const one = (pattern) => (files) => files.filter((f) => pattern.test(f)).map((f) => [f]);
/** Dumps of one process: those that match, each with the one `later`. */
const pairs = (pattern, later) => (files) =>
  files
    .filter((f) => pattern.test(f))
    .map((f) => [f, f.replace(pattern, later)])
    .filter(([, second]) => files.includes(second));

/** Measures one corpus in every setting; returns the rows and misses for the page. */
async function measure(corpus) {
  const under = (folder, pattern) =>
    !existsSync(join(corpus, folder))
      ? []
      : readdirSync(join(corpus, folder), { recursive: true })
          .filter((f) => pattern.test(f))
          .sort()
          .map((f) => join(corpus, folder, f));
  console.log(corpus);
  const settings = [
    ["one dump, a minute old, innocents around (debug=2)", one(/debug2_aged_noise/)],
    ["one dump, a minute old, innocents around (SIGQUIT)", one(/sigquit_aged_noise/)],
    ["one dump, a minute old, innocents around (debug=1)", one(/debug1_aged_noise/)],
    ["the same with a second dump ten seconds later", pairs(/debug2_aged_noise/, "later_debug2_noise")],
    ["fresh, with a second dump ten seconds later", pairs(/(?<=\.)debug2(?=\.txt)/, "later_debug2_fresh")],
    ["the bug 100 times in one process", one(/multi_debug2/)],
    ["fresh, without ages (debug=2)", one(/\.debug2\.txt$/)],
  ];
  const bugRows = [];
  for (const [title, pick] of settings) bugRows.push(await bugs(corpus, title, pick));
  const quietRows = [
    await quiet("healthy servers (debug=2, SIGQUIT)", under("healthy", /(?<!debug1)\.txt$/)),
    await quiet("healthy servers (debug=1)", under("healthy", /debug1\.txt$/)),
    await quiet("kernels that end well", under("goker/transient", /\.txt$/)),
  ];
  const readme = join(corpus, "README.md");
  return {
    about: existsSync(readme) ? readFileSync(readme, "utf8").trim() : corpus.split("/").at(-1),
    bugRows: bugRows.flatMap((r) => r.row ?? []),
    quietRows: quietRows.filter((r) => r !== undefined),
    missLines: bugRows.map((r) => r.misses),
  };
}

const measured = [];
for (const corpus of corpora) measured.push(await measure(corpus));
const target = new URL("../docs/accuracy.md", import.meta.url);
const crossCheckTitle = "## Cross-check: kernels that the rules were not written with";
const [main, ...others] = measured;
if (writes) writeFileSync(target, page(main, others.length > 0 ? crossCheck(others) : formerCrossCheck()));

/** The section of the page as it stands, when there is nothing to write it anew from. */
function formerCrossCheck() {
  const text = existsSync(target) ? readFileSync(target, "utf8") : "";
  const start = text.indexOf(crossCheckTitle);
  return start === -1 ? "" : text.slice(start, text.indexOf("\n## ", start) + 1);
}

function crossCheck(corpora) {
  const parts = corpora.map(
    ({ about, bugRows, quietRows }) => `${about}

${bugHead}
${bugRows.join("\n")}
${quietRows.length === 0 ? "" : `\n${quietHead}\n${quietRows.join("\n")}\n`}`,
  );
  return `${crossCheckTitle}\n\n${parts.join("\n")}\n`;
}

function page({ bugRows, quietRows, missLines }, crossCheckSection) {
  return `# Accuracy

Written by \`npm run accuracy -- --write\` from labelled dumps that are not part of this repository: half of the blocking
kernels of GoBench's GoKer in Go 1.19, 1.24 and 1.27, and healthy servers, idle and under load.

## Bugs

Found: a finding of at least severity warning whose roles hold a guilty goroutine ranks first, at any confidence.
Classified: its area is right too. Default gate: a right finding of severity error and confidence medium or above.
Precision: of all findings at that gate, those that hold a guilty goroutine. Root first: of the dumps
with a right finding, those where it is the first.

${bugHead}
${bugRows.join("\n")}

Published, in another setting (a test that runs each kernel many times, no class given): goleak 62 %, go-deadlock 41 %.
On the same aged dumps the plain rule "a lock wait or a send that is older than a minute" finds 75 %, without a cause.
debug=1 has neither ages nor addresses nor creators; what a goroutine waits for follows there from the program counters of
the runtime's functions, where the profile has both sends and receives.

## Silence

A finding at \`--min-confidence low\` is one of severity error; warnings never fail a run by default.

${quietHead}
${quietRows.join("\n")}

In the middle of their work goroutines stand at a lock or a send for an instant, in a dump that says no minutes. While
somebody of the same object or package is at work, that is told as information (\`lock/stuck\`, \`channel/stuck-send\`);
when nobody is, as a warning: in the same dump of a hung run they stand for ever. After a minute, or in a second dump,
work elsewhere changes nothing. What healthy servers have in common is set aside by \`rules/benign/benign.yaml\`.

Tried and left out, since healthy servers look alike: selects and conditions whose starter has returned (33 of 77
healthy dumps), and, at debug=1, whatever is parked below its entry function (it would find 76 %, and 45 of 65 healthy
profiles).

${crossCheckSection}## What is missed, and what would show it

- A single receive or select whose partner is gone looks like one that waits for work. A second dump shows growth; from
  Go 1.21 the id of the creator shows whether it is still there; the goroutineleak profile of Go 1.27 proves it.
- A lost signal without a waiting parent looks like an idle queue: a second dump, or the source.
- A live loop (retries for ever) is not blocked at all: growth over several dumps.
- debug=1 does not say who started a goroutine, so that a receive whose partner is gone shows nothing: take debug=2.
${missLines.join("\n")}
`;
}
