/** Each machine-readable format against the schema that its readers go by. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import AjvDraft04 from "ajv-draft-04";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { defaultReporterOptions, type Report } from "../../src/report/report.ts";
import { loadReporter } from "../../src/report/reporters.ts";
import { sampleReports } from "./sample-reports.ts";

const samples = Object.entries(sampleReports);

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

async function render(id: string, report: Report, extra: Record<string, string> = {}): Promise<string> {
  return (await loadReporter(id)).report(report, { ...defaultReporterOptions, extra });
}

describe("json", () => {
  const schema = JSON.parse(readText("../../schemas/report.schema.json"));

  test.each(samples)("%s is valid", async (_, report) => {
    const validate = new Ajv({ allErrors: true, strict: true }).compile(schema);
    validate(JSON.parse(await render("json", report)));
    expect(validate.errors).toBeNull();
  });

  test("every key of the schema is described", () => {
    const undescribed: string[] = [];
    walk(schema, "", (node, path) => {
      if (typeof node.description !== "string" && node.$ref === undefined) undescribed.push(path);
    });
    expect(undescribed).toEqual([]);
  });

  test("every key of the schema is in some sample", async () => {
    const keys = new Set<string>();
    for (const [, report] of samples) collectKeys(report, keys);
    const missing: string[] = [];
    walk(schema, "", (_, path) => {
      if (!keys.has(path.split("/").at(-1)!)) missing.push(path);
    });
    expect(missing).toEqual([]);
  });

  test("a report with a key that the schema does not know is refused", () => {
    const validate = new Ajv().compile(schema);
    expect(validate({ ...sampleReports["nothing-found"], surprise: 1 })).toBe(false);
  });
});

/** Visits the properties of an object schema and of all that it contains. */
function walk(
  schema: Record<string, unknown>,
  path: string,
  visit: (node: Record<string, unknown>, path: string) => void,
): void {
  for (const [key, value] of Object.entries(schema)) {
    if (typeof value !== "object" || value === null) continue;
    if (key === "properties") {
      for (const [name, node] of Object.entries(value)) {
        visit(node, `${path}/${name}`);
        walk(node, `${path}/${name}`, visit);
      }
    } else walk(value as Record<string, unknown>, path, visit);
  }
}

function collectKeys(value: unknown, keys: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    keys.add(key);
    collectKeys(item, keys);
  }
}

describe("ndjson", () => {
  test.each(samples)("%s has a line for the run and one a finding", async (_, report) => {
    const lines = (await render("ndjson", report)).trimEnd().split("\n");
    const types = lines.map((line) => JSON.parse(line).type);
    expect(types).toEqual(["run", ...report.findings.map(() => "finding")]);
  });
});

describe("sarif", () => {
  const ajv = new AjvDraft04.default({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readText("schemas/sarif-2.1.0.schema.json")));

  test.each(samples)("%s is valid", async (_, report) => {
    for (const extra of [{}, { sarifSuppressed: "true" }]) {
      validate(JSON.parse(await render("sarif", report, extra)));
      expect(validate.errors).toBeNull();
    }
  });

  test("the validator does refuse", () => {
    expect(validate({ version: "2.1.0", runs: [{ results: [] }] })).toBe(false);
  });
});

describe.each(["schemas/junit.xsd", "schemas/jenkins-junit.xsd"])("junit, by %s", (file) => {
  const schema = readText(file);

  test.each(samples)("%s is valid", async (name, report) => {
    const { errors } = await validateXML({
      xml: { fileName: `${name}.xml`, contents: await render("junit", report) },
      schema,
    });
    expect(errors).toEqual([]);
  });

  test("the validator does refuse", async () => {
    const { valid } = await validateXML({ xml: "<testsuites a='1'/>", schema });
    expect(valid).toBe(false);
  });
});

test("junit: a run that fails by no rule and no dump is not green", async () => {
  const report = sampleReports["nothing-found"]!;
  for (const [exitCode, element] of [
    [1, "failure"],
    [3, "error"],
  ] as const) {
    const gate = { ...report.gate, exitCode, reasons: ["250 goroutines are more than --max-goroutines 200"] };
    expect(await render("junit", { ...report, gate })).toContain(
      `<${element} type="${exitCode === 1 ? "gate" : "incomplete-input"}" message="250 goroutines`,
    );
  }
  expect(await render("junit", report)).not.toMatch(/<failure|<error/);
});

describe("gitlab", () => {
  test.each(samples)("%s has unique fingerprints and 1-based lines", async (_, report) => {
    const issues = JSON.parse(await render("gitlab", report)) as {
      fingerprint: string;
      description: string;
      location: { path: string; lines: { begin: number } };
    }[];
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    for (const issue of issues) {
      expect(issue.location.lines.begin).toBeGreaterThan(0);
      expect(issue.location.path).not.toBe("");
      expect(issue.description).not.toBe("");
    }
  });
});

describe("prometheus", () => {
  const sample =
    /^deadlock_lint_[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? \d+$/;

  test.each(samples)("%s has well-formed samples, each series once", async (_, report) => {
    const lines = (await render("prometheus", report)).trimEnd().split("\n");
    const samples = lines.filter((line) => !line.startsWith("#"));
    for (const line of samples) expect(line).toMatch(sample);
    const series = samples.map((line) => line.slice(0, line.lastIndexOf(" ")));
    expect(new Set(series).size).toBe(series.length);
  });
});
