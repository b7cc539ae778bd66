import { describe, expect, test } from "vitest";
import { defaultReporterOptions } from "../../src/report/report.ts";
import { loadReporter, reporterIds } from "../../src/report/reporters.ts";
import { sampleReports } from "./sample-reports.ts";

const extensions: Readonly<Record<string, string>> = {
  text: "txt",
  json: "json",
  ndjson: "ndjson",
  sarif: "sarif",
  junit: "xml",
  github: "txt",
  markdown: "md",
  gitlab: "json",
  prometheus: "prom",
  html: "html",
  svg: "svg",
};

/** A page without its script, style and their hashes: goldens are about what a report says. */
function withoutAssets(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, "<style>…</style>")
    .replace(/<script>[\s\S]*?<\/script>/, "<script>…</script>")
    .replaceAll(/sha256-[\w+/=]+/g, "sha256-…");
}

describe.each(reporterIds)("%s", (id) => {
  test.each(Object.entries(sampleReports))("reports %s as its golden says", async (name, report) => {
    const reporter = await loadReporter(id);
    const output = reporter.report(report, defaultReporterOptions);
    await expect(id === "html" ? withoutAssets(output) : output).toMatchFileSnapshot(
      `goldens/${name}.${id}.${extensions[id] ?? "txt"}`,
    );
  });

  test.each(Object.entries(sampleReports))(
    "reports %s again from saved JSON, byte for byte",
    async (_, report) => {
      const [reporter, json] = [await loadReporter(id), await loadReporter("json")];
      const saved = JSON.parse(json.report(report, defaultReporterOptions));
      expect(reporter.report(saved, defaultReporterOptions)).toBe(
        reporter.report(report, defaultReporterOptions),
      );
    },
  );

  test("has its own id and a title", async () => {
    const reporter = await loadReporter(id);
    expect(reporter.id).toBe(id);
    expect(reporter.title).not.toBe("");
  });

  test("ends with one line break, or says nothing", async () => {
    const reporter = await loadReporter(id);
    for (const report of Object.values(sampleReports)) {
      expect(reporter.report(report, defaultReporterOptions)).toMatch(/^$|[^\n]\n$/);
    }
  });
});

test("an unknown format is refused, with the known ones named", async () => {
  for (const id of ["xml", "__proto__", "toString"]) {
    await expect(loadReporter(id)).rejects.toMatchObject({
      name: "UsageError",
      hint: expect.stringContaining("text, json"),
    });
  }
});
