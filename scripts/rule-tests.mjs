// Adds tests to rules/*.test.yaml for built-in rules that have none there: a handful of the committed dumps, one a
// program and format, with what the rules say of them now. Read what it wrote before you commit it.
// usage: npm run rule-tests
// Later changes: `deadlock-lint rules test rules --update` writes `expect` of the tests that fail.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import {
  analyze,
  builtinRules,
  loadRuleFiles,
  loadRuleTests,
  openSource,
  readDumps,
  ruleFiles,
  runRuleTests,
} from "../dist/index.js";
import { updatedFiles } from "../dist/testing/testing.js";

const fixtures = "fixtures/rules/";
/** Tests of one rule, at most: firing ones, quiet ones. */
const most = { fires: 4, quiet: 3 };
/** What says most, first. */
const formats = ["debug2", "sigquit", "panic", "leak2", "delve-core-stacks", "debug1", "debug0"];
/** Written anew by the update: these keys are to be expected of the first firing test, fewer of the others. */
const everything = "{ findings: 0, confidence: low, roles: { x: 0 }, bindings: { X: x }, symptoms: [x] }";

const compiled = builtinRules();
/** Only rules that run with source alone get it. */
const source = await openSource({ roots: ["fixtures/programs"] });
const needsSource = (id) => compiled.find((r) => r.id === id).onlyWithSource;
/** @type {import("./capture/manifest.mjs").FixtureEntry[]} */
const manifest = JSON.parse(readFileSync(`${fixtures}MANIFEST.json`, "utf8")).fixtures;
const seen = new Map();

const files = await ruleFiles("rules");
const before = await load();
for (const file of files) {
  const target = file.replace(/\.yaml$/, ".test.yaml");
  for (const { source } of before.rules.filter((r) => r.file === file)) {
    if (before.tests.some((t) => t.ruleId === source.id)) continue;
    const tests = await testsFor(source.id);
    if (tests === "")
      console.error(`${source.id}: no dump in ${fixtures}MANIFEST.json shows it: write a test yourself`);
    else append(target, tests);
  }
}
const after = await load();
const written = await updatedFiles(await runRuleTests(after.tests, compiled));
for (const { file, text, updated } of written) {
  writeFileSync(file, text);
  console.log(`${file}: ${updated} written`);
}

async function load() {
  const { rules } = await loadRuleFiles(files);
  return { rules, tests: await loadRuleTests(rules, ["rules"]) };
}

/** YAML of the tests of one rule; "" when no dump shows it. */
async function testsFor(id) {
  const own = manifest.filter((entry) => entry.rule === id);
  const candidates = (own.length > 0 ? own : manifest).filter((e) => e.evident && formats.includes(e.format));
  const firing = await pick(candidates, "fires", most.fires, async (e) => (await found(e, id)).includes(id));
  if (firing.length === 0) return "";
  const programs = new Set(firing.map((e) => e.rule));
  const healthy = manifest.filter((e) => programs.has(e.rule) && formats.includes(e.format));
  const quiet = await pick(healthy, "quiet", most.quiet, async (e) => !(await found(e, id)).includes(id));
  return [...firing, ...quiet].map((entry) => testText(id, entry, entry === firing[0])).join("");
}

/** Dumps of as many programs, formats and Go releases as fit, those that say most first. */
async function pick(entries, expect, limit, fits) {
  const rank = (e) =>
    formats.indexOf(e.format) - (e.aged ? 0.5 : 0) - Number(e.go.replace(/^go1\./, "")) / 100;
  const left = entries.filter((e) => e.expect === expect).sort((a, b) => rank(a) - rank(b));
  const picked = [];
  const isNew = (e, key) => !picked.some((p) => key(p) === key(e));
  const keys = [(e) => e.variant, (e) => e.format, (e) => e.go];
  for (const key of keys) {
    for (const entry of left) {
      if (picked.length < limit && !picked.includes(entry) && isNew(entry, key) && (await fits(entry)))
        picked.push(entry);
    }
  }
  return picked;
}

/** Ids of the rules that find something in a dump. */
async function found({ file, earlier = [] }, forRule) {
  const withSource = needsSource(forRule);
  const key = `${file} ${withSource}`;
  if (!seen.has(key)) {
    const { dumps } = await readDumps(
      [...earlier, file].map((f) => fixtures + f),
      { threads: 1 },
    );
    const ids = ({ ruleId, symptoms }) => [ruleId, ...symptoms.flatMap(ids)];
    seen.set(
      key,
      analyze(dumps, compiled, { series: true, ...(withSource ? { source } : {}) }).findings.flatMap(ids),
    );
  }
  return seen.get(key);
}

function testText(id, { file, earlier = [], variant, aged, go, format, expect }, first) {
  const paths = [...earlier, file].map((f) => `../${fixtures}${f}`);
  const verb = expect === "fires" ? "fires on" : "quiet on";
  const wanted = expect === "quiet" ? "    expect: none\n" : first ? `    expect: ${everything}\n` : "";
  return `
  - rule: ${id}
    name: ${verb} ${variant}${aged ? ", aged" : ""} (${go}, ${format})
    dump: ${earlier.length > 0 ? `[${paths.join(", ")}]` : paths[0]}
${needsSource(id) ? "    source: ../fixtures/programs\n" : ""}${wanted}`;
}

function append(target, tests) {
  const text = existsSync(target)
    ? readFileSync(target, "utf8")
    : `# yaml-language-server: $schema=../schemas/tests.schema.json
# Tests of ${basename(target).replace(".test", "")}: deadlock-lint rules test rules. A new rule: npm run rule-tests.
schema: 1
tests:`;
  writeFileSync(target, `${text.trimEnd()}\n${tests}`);
}
