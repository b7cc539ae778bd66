import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { defaultReporterOptions, type Finding, type Report } from "../../src/report/report.ts";
import { loadReporter } from "../../src/report/reporters.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { openSource } from "../../src/source/open-source.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";
import { storyRule } from "../story.ts";
import { programs, repositoryPath, withFolder } from "./dumps.ts";

const rules = builtinRules();
const goldens = [
  "go1.19.debug1.txt",
  "go1.22.debug0.pb.gz",
  "go1.24.delve-core.json.gz",
  "go1.26.debug2.txt.gz",
  "go1.27.delve-attach.json.gz",
];

async function storyReport(file: string, root = programs): Promise<Report> {
  const entry = readableFixtures.find((e) => e.file.endsWith(`/fires.metrics.${file}`))!;
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
  return analyze(dumps, rules, { source: await openSource({ roots: [root] }) });
}

/** What the source put into a finding: lines under frames, and evidence. */
function sourceText(finding: Finding): string {
  const stacks = finding.roles.flatMap((role) => role.stacks.map((stack) => ({ role, stack })));
  const lines = stacks.flatMap(({ role, stack }) =>
    stack.frames.flatMap((frame) =>
      frame.source === undefined
        ? []
        : [
            `${role.name}: ${frame.function}:${frame.line}`,
            ...frame.source.map(
              (l) => `  ${l.line}| ${l.text}${l.note === undefined ? "" : `  ← ${l.note}`}`,
            ),
          ],
    ),
  );
  const evidence = finding.evidence.filter(
    (e) => e.certainty === "inferred" && /source|the very channel$|is made/.test(e.text),
  );
  return [
    `${finding.ruleId} ${finding.confidence}`,
    ...lines,
    ...evidence.map((e) => `${e.certainty}: ${e.text}`),
  ].join("\n");
}

describe("the reference story with source", () => {
  test.each(goldens)("%s: the lines that send and that receive", async (file) => {
    const [first] = (await storyReport(file)).findings;
    expect(first!.ruleId).toBe(storyRule);
    expect(first!.confidence).toBe("high");
    await expect(`${sourceText(first!)}\n`).toMatchFileSnapshot(
      `goldens/story.${file.split(".").slice(0, 3).join(".")}.txt`,
    );
  });

  test("every report format shows them", async () => {
    const report = await storyReport("go1.24.delve-core.json.gz");
    const print = async (id: string, extra: object = {}) =>
      (await loadReporter(id)).report(report, { ...defaultReporterOptions, ...extra });
    for (const id of ["text", "markdown"]) {
      const text = await print(id, { width: 0 });
      expect(text, id).toContain(
        "r.inbox <- event{name: name, value: value}  ← send on r.inbox: parked here",
      );
      expect(text, id).toContain("case e := <-r.inbox:  ← receive from r.inbox, again and again");
    }
    const html = await print("html");
    expect(html).toContain("r.inbox &lt;- event{name: name, value: value}");
    expect(html).toContain("receive from r.inbox, again and again");
    const json = await print("json");
    expect(json).toContain('"note": "send on r.inbox: parked here"');
    const schema = JSON.parse(readFileSync(repositoryPath("schemas/report.schema.json"), "utf8"));
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(JSON.parse(json)), JSON.stringify(validate.errors)).toBe(true);
    const sarif = JSON.parse(await print("sarif"));
    const flows = JSON.stringify(sarif.runs[0].results[0].codeFlows);
    expect(flows).toContain("r.inbox <- event{name: name, value: value}");
    expect(flows).toContain("send on r.inbox: parked here");
  });

  test("hostile source is escaped like all else", async () => {
    const name = "fixtures.example/programs/metrics/telemetry/registry.go";
    const original = readFileSync(`${programs}/metrics/telemetry/registry.go`, "utf8");
    const hostile = original.replaceAll(
      /r\.inbox <- event\{name: name, value: value\}/g,
      (match) => `${match} // </script><img src=x>\u001b[31m\u202e \`\`\` `,
    );
    await withFolder({ [name]: hostile }, async (folder) => {
      const report = await storyReport("go1.26.debug2.txt.gz", folder);
      expect(report.findings[0]!.roles.flatMap((r) => r.stacks[0]!.frames).some((f) => f.source)).toBe(true);
      for (const id of ["text", "markdown", "html", "json", "sarif"]) {
        const text = (await loadReporter(id)).report(report, defaultReporterOptions);
        expect(text, id).not.toContain("\u001b[31m");
        expect(text, id).not.toContain("\u202e");
        if (id === "html") expect(text).not.toContain("<img src=x>");
      }
    });
  });

  test("only the files of decisive functions are parsed", async () => {
    const entry = readableFixtures.find((e) => e.file.endsWith("/fires.metrics.go1.24.debug2.txt.gz"))!;
    const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
    const source = await openSource({ roots: [programs] });
    expect(source.parsedFiles).toBe(0);
    analyze(dumps, rules, { source });
    expect(source.parsedFiles).toBeLessThanOrEqual(5);
  });
});

describe("source that does not fit", () => {
  test("another version is said, and proves nothing", async () => {
    const name = "fixtures.example/programs/metrics/telemetry/registry.go";
    const original = readFileSync(`${programs}/metrics/telemetry/registry.go`, "utf8");
    const older = original.replace("package telemetry\n", "package telemetry\n\n// another version\n\n");
    await withFolder({ [name]: older }, async (folder) => {
      const report = await storyReport("go1.24.delve-core.json.gz", folder);
      const [first] = report.findings;
      expect(first!.confidence).toBe("medium");
      expect(JSON.stringify(first!.roles)).not.toContain('"source"');
      expect(report.notes.map((n) => n.message).join("\n")).toMatch(
        /source does not match this dump: .*registry\.go:\d+/,
      );
      expect(first!.evidence.some((e) => e.text.includes("source does not match this dump"))).toBe(true);
    });
  });

  test("a tree without the program is said", async () => {
    await withFolder({ "other/x.go": "package other\n" }, async (folder) => {
      const report = await storyReport("go1.24.delve-core.json.gz", folder);
      expect(report.notes.map((n) => n.message).join("\n")).toContain(
        "no source was found for what stdin shows",
      );
    });
  });
});
