import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { PageData } from "../../../src/report/html/page-data.ts";
import { reporter } from "../../../src/report/html.ts";
import { defaultReporterOptions, type Report } from "../../../src/report/report.ts";
import { empty, growing, hostile, hostileNames, lockCycle, million, referenceStory } from "./samples.ts";

function page(report: Report, maxFindings = 0): string {
  return reporter.report(report, { ...defaultReporterOptions, maxFindings });
}

/** What a reader sees without scripts: no markup, entities resolved. */
function textOf(html: string): string {
  return html
    .replace(/<(script|style|svg)\b[\s\S]*?<\/\1>/g, "")
    .replace(/<wbr>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ");
}

function dataOf(html: string): PageData {
  const found = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html);
  return JSON.parse(found![1]!) as PageData;
}

const samples = { referenceStory, lockCycle, million, empty, hostile, growing };

describe.each(Object.entries(samples))("%s", (_name, make) => {
  const report = make();
  const html = page(report);

  test("is the same page every time", () => {
    expect(page(make())).toBe(html);
  });

  test("is at most 400 KB plus its data and findings' texts", () => {
    const fixed = page(empty()).length;
    expect(fixed).toBeLessThan(100_000);
    expect(html.length).toBeLessThan(400_000 + 2 * JSON.stringify(report).length);
  });

  test("allows its one script and style by their hashes, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/
      .exec(html)![1]!
      .replaceAll("&#39;", "'");
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((m) => m[1]!);
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((m) => m[1]!);
    expect(scripts).toHaveLength(1);
    expect(styles).toHaveLength(1);
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(scripts[0]!)};`);
    expect(policy).toContain(`style-src ${hash(styles[0]!)};`);
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
  });

  test("has no markup but its own: no event handler, inline style or outside resource", () => {
    const markup = html.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, "");
    const tags = [...markup.matchAll(/<[a-z][^>]*>/g)].map((m) => m[0]);
    for (const tag of tags) {
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\s(?:on\w+|style|src|srcset|action|formaction)=/);
      expect(tag).not.toMatch(/^<(?:img|iframe|object|embed|link|base|form|audio|video|foreignObject)\b/i);
      if (tag.startsWith("<a ")) expect(tag).toMatch(/href="(?:#|https?:\/\/)/i);
    }
  });

  test("has each id once", () => {
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the page", () => {
  test("says verdict, finding, evidence, fix, symptom and command without a script", () => {
    const text = textOf(page(referenceStory()));
    for (const said of [
      "The gate failed",
      "1,023",
      "hung.txt is incomplete",
      "The consumer of m.inChannel is stuck sending to it",
      "The only goroutine that drains m.inChannel",
      "observed Goroutine 20 is parked sending to channel 0xc0000aa070",
      "not ruled out Whether another",
      "decisive: main.(*Metrics).CountS",
      "m.inChannel <- metric{name, 1} ← sends on m.inChannel",
      "3 goroutines wait for a WaitGroup",
      "Don't send to m.inChannel",
      "deadlock-lint collect --pprof",
      "In the baseline: known since March, platform team",
      "workers of the garbage collector",
      "the dump ends within a goroutine",
      "2 rules could not decide",
    ]) {
      expect(text).toContain(said);
    }
  });

  test("folds frames that don't decide, and opens only the first finding", () => {
    const html = page(referenceStory());
    expect(textOf(html)).toContain("5 frames main.(*API).orders … http.(*conn).serve");
    expect(html.match(/<details open>/g)).toHaveLength(1);
  });

  test("describes its picture in words, and draws certainties differently", () => {
    const html = page(referenceStory());
    expect(html).toContain(
      "Senders queued behind it, 1,000 goroutines, parked sending to m.inChannel 0xc0000aa070 (observed)",
    );
    expect(html).toContain('class="edge observed"');
    expect(html).toContain('class="edge inferred cycle"');
  });

  test("links web addresses only", () => {
    const html = page(referenceStory());
    expect(html).toContain('<a href="https://go.dev/ref/spec#Send_statements"');
    expect(html).toContain("<li>Incident 4711, in the wiki</li>");
    expect(page(hostile())).not.toContain('href="javascript');
  });

  test("shows control and direction characters instead of obeying them, and keeps the length of what it cuts", () => {
    const html = page(hostile());
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069\u200f\u2028\u2029]/);
    expect(html).toContain("\\u202egnissim");
    expect(html).toContain("\\x1b[31mred");
    expect(html).toContain("more characters)");
    expect(html.length).toBeLessThan(1_500_000);
  });

  test("keeps hostile names in its data as texts", () => {
    const { texts } = dataOf(page(hostile()));
    for (const name of hostileNames.slice(0, 5)) expect(texts).toContain(name);
  });

  test("has all goroutines in its data, those of stacks that are not listed as a number", () => {
    const [dump] = dataOf(page(million())).dumps;
    const listed = dump!.stacks.reduce((sum, stack) => sum + stack.count, 0);
    expect(dump!.unlisted).toBeGreaterThan(0);
    expect(listed + dump!.unlisted).toBe(1_000_000);
  });

  test("draws growth only where there are several dumps", () => {
    expect(page(referenceStory())).not.toContain('id="growth"');
    const html = page(growing());
    expect(html).toContain('aria-label="Goroutines: 41, 180, 610, 1,000"');
    expect(textOf(html)).toContain("41 → 1,000 +959");
  });

  test("says how many findings --max-findings left out", () => {
    const text = textOf(page(referenceStory(), 1));
    expect(text).toContain("2 more findings, a line each");
    expect(text).not.toContain("HTTP handlers pile up");
  });

  test("stays small with thousands of findings and symptoms: the first whole, others as lines, the rest as a number", () => {
    const report = referenceStory();
    const [first] = report.findings;
    const symptoms = Array.from({ length: 1_000 }, () => first!.symptoms[0]!);
    const findings = Array.from({ length: 3_000 }, (_, i) => (i === 0 ? { ...first!, symptoms } : first!));
    const html = page({ ...report, findings });
    const text = textOf(html);
    expect(html.match(/<article id="finding-/g)).toHaveLength(100);
    expect(text).toContain("2,900 more findings, a line each");
    expect(text).toContain("2,400 more findings: see the JSON report");
    expect(text).toContain("975 more symptoms, a line each");
    expect(text).toContain("475 more symptoms: see the JSON report");
    expect(html.length).toBeLessThan(2_500_000);
  });

  test("says at the top what to look at first: the new finding of the highest rank, which is open", () => {
    const report = referenceStory();
    const [first, ...others] = report.findings;
    const known = { ...first!, status: "suppressed", title: "A known one", gated: false } as const;
    const html = page({ ...report, findings: [known, first!, ...others] });
    expect(html).toMatch(
      /<p class="cause"><a href="#finding-2"><b>The consumer of <code>m\.inChannel<\/code>/,
    );
    expect(html).toMatch(/<article id="finding-2"[^>]*><details open>/);
    expect(html.match(/<details open>/g)).toHaveLength(1);
    expect(page(empty())).not.toContain('class="cause"');
  });

  test("tells a limit once, and findings of one title apart", () => {
    const report = referenceStory();
    const limit = "rule x was not fully evaluated";
    const html = page({
      ...report,
      notes: [
        { level: "warning", message: limit },
        { level: "info", message: "another note" },
      ],
      gate: { ...report.gate, exitCode: 3, reasons: [limit] },
    });
    expect(textOf(html).split(limit)).toHaveLength(2);
    expect(textOf(html)).toContain("another note");
    expect(html).toContain('<span class="said">');
  });

  test("counts a stack's goroutines by their labels, and says how many have others", () => {
    const report = referenceStory();
    const [dump] = report.dumps;
    const [stack, ...others] = dump!.stacks;
    const labels = [{ labels: { tenant: "acme" }, count: 900 }];
    const html = page({ ...report, dumps: [{ ...dump!, stacks: [{ ...stack!, labels }, ...others] }] });
    expect(textOf(html)).toContain("tenant=acme ×900, others ×100");
    expect(dataOf(html).dumps[0]!.stacks[0]!.labels).toEqual([["tenant=acme", 900]]);
  });

  test("shows what was set aside as benign", () => {
    const report = referenceStory();
    const benign = [{ id: "benign/http-idle", title: "idle HTTP connections", count: 1234 }];
    const html = page({ ...report, dumps: [{ ...report.dumps[0]!, benign }] });
    expect(textOf(html)).toContain("1,234 idle HTTP connections benign/http-idle");
    expect(html).toContain('<a href="#benign">');
  });

  test("says that nothing was found, and never that the gate passed, for an input without goroutines", () => {
    const text = textOf(page(empty()));
    expect(text).toContain("The input was not fully analysed");
    expect(text).toContain("empty.txt holds no goroutine");
    expect(text).not.toContain("passed");
  });
});
