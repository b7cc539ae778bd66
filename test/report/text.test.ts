import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { defaultReporterOptions, type ReporterOptions } from "../../src/report/report.ts";
import { reporter } from "../../src/report/text.ts";
import { hostile, sampleReports } from "./sample-reports.ts";

function render(name: string, options: Partial<ReporterOptions> = {}): string {
  return reporter.report(sampleReports[name]!, { ...defaultReporterOptions, ...options });
}

describe.each(Object.keys(sampleReports))("%s", (name) => {
  test("has the same words with colours as without", () => {
    for (const options of [{}, { verbose: true }, { quiet: true }]) {
      expect(stripVTControlCharacters(render(name, { ...options, color: true }))).toBe(render(name, options));
    }
  });

  test("fits 80 columns, but for commands and words that can't be broken", () => {
    if (name === "hostile-names") return;
    const long = render(name, { verbose: true })
      .split("\n")
      .filter((line) => [...line].length > 80 && !/^ {2}collect {3}/.test(line));
    expect(long).toEqual([]);
  });

  test("has no line break but its own without a width", () => {
    const lines = render(name, { width: 0 }).split("\n");
    for (const text of hostile.filter((text) => !text.includes("\n")))
      expect(lines).not.toContain(text.split(" ")[1]);
    expect(lines.length).toBeLessThanOrEqual(render(name).split("\n").length);
  });
});

test("no escape of a name reaches the terminal", () => {
  expect(render("hostile-names", { verbose: true })).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});

test("the first screen has cause, evidence, victims and fix", () => {
  const screen = render("reference-story").split("\n").slice(0, 40).join("\n");
  for (const part of [
    "channel/consumer-sends-to-own-channel",
    "consumer × 1",
    "senders × 1,000",
    "server/metrics.go:95",
    "observed",
    "not ruled out",
    "Never send to a channel",
  ])
    expect(screen).toContain(part);
});

describe("--quiet", () => {
  test("is one line a new finding", () => {
    expect(render("lock-cycle", { quiet: true })).toBe(
      [
        "pod-a.json: error[lock/order-cycle]: 2 goroutines wait for each other's locks",
        "pod-b.json: warning[channel/send-pileup]: 130 goroutines are parked on a channel send at server/metrics.go:95",
        "",
      ].join("\n"),
    );
  });

  test("says nothing of a clean run", () => {
    expect(render("nothing-found", { quiet: true })).toBe("");
  });

  test("does not keep quiet about incomplete input", () => {
    expect(render("incomplete-input", { quiet: true })).toContain("cut.txt: incomplete: about 38 %");
  });
});

describe("--max-findings", () => {
  test("shows the rest in a line each", () => {
    const text = render("lock-cycle", { maxFindings: 1 });
    expect(text).toContain("and 1 more finding (--max-findings 0 shows all in full)");
    expect(text).toContain("warning  channel/send-pileup: 130 goroutines");
    expect(text).not.toContain("senders × 150");
  });

  test("does not change the verdict", () => {
    const verdict = (text: string): string | undefined => text.trim().split("\n\n").at(-1);
    expect(verdict(render("lock-cycle", { maxFindings: 1 }))).toBe(verdict(render("lock-cycle")));
  });
});

describe("--verbose", () => {
  test("shows every frame, full names, fingerprints, and what is suppressed", () => {
    const text = render("reference-story", { verbose: true, width: 0 });
    for (const part of [
      "runtime.chansend1",
      "example.com/shop/server.(*Metrics).run",
      "9d3c1f0a77b0e412",
      "main.(*api).flush",
    ])
      expect(text).toContain(part);
    expect(render("lock-cycle", { verbose: true, width: 0 })).toContain(
      "Load generator, owner team-perf, until 2026-12-31",
    );
  });
});

test("suppressed findings are counted in every report", () => {
  expect(render("lock-cycle")).toContain("1 suppressed");
});

test("a clean run says how much it looked at, and what it could not check", () => {
  expect(render("nothing-found")).toContain("No deadlock pattern found in 34 goroutines.");
  expect(render("not-evaluable")).toContain("Not checked: 2 rules");
  expect(render("empty")).not.toContain("No deadlock pattern");
});

test("of thousands of symptoms and findings some are told, and the others counted", () => {
  const report = sampleReports["reference-story"]!;
  const [first] = report.findings;
  const symptom = { ...first!, symptoms: [], message: "a symptom of many" };
  const story = { ...first!, symptoms: Array.from({ length: 1_000 }, () => symptom) };
  const crowd = { ...report, findings: [story, ...Array.from({ length: 500 }, () => ({ ...symptom }))] };
  const options = { ...defaultReporterOptions, maxFindings: 1 };
  const text = reporter.report(crowd, options);
  expect(text).toContain("and 980 more symptoms");
  expect(text).toContain("and 500 more findings (--max-findings 0 shows all in full)");
  expect(text.split("\n").length).toBeLessThan(200);
  expect(reporter.report(crowd, { ...options, quiet: true })).toMatch(/\nand 500 more findings .*\n$/);
  expect(reporter.report(crowd, { ...options, verbose: true })).not.toContain("more symptom");
});
