// @ts-check
// Measures the HTML report of a big dump in a browser: npm run bench, or node scripts/bench/page.mjs [DUMP]
// Without a dump: 1,000,000 goroutines, 300 and 20,000 distinct stacks. Needs Chromium; $CHROMIUM says where it is.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { generateDump } from "../generate-dump.mjs";

const { analyze } = await import("../../dist/analyze.js");
const { readDumps } = await import("../../dist/read/read-dumps.js");
const { builtinRules } = await import("../../dist/rules/builtin.js");
const { reporter } = await import("../../dist/report/html.js");
const { defaultReporterOptions } = await import("../../dist/report/report.js");

const folder = mkdtempSync(join(tmpdir(), "deadlock-lint-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const runs = 5;

/** @type {(values: number[]) => number} */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** @type {(bytes: number) => string} */
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;

/** The HTML report of a dump. @type {(dump: string) => Promise<string>} */
async function pageOf(dump) {
  const { dumps, failures } = await readDumps([dump], { threads: 2 });
  if (failures[0] !== undefined) throw failures[0].error;
  return reporter.report(analyze(dumps, builtinRules()), defaultReporterOptions);
}

/** A profile with as many goroutines; aggregated, so that a million of them is a small file. @type {(stacks: number) => string} */
function profile(stacks) {
  const file = join(folder, `${stacks}.txt`);
  writeFileSync(file, [...generateDump({ goroutines: 1_000_000, stacks }, "debug1")].join(""));
  return file;
}

/**
 * Milliseconds until the page can be used, and until it has answered a keystroke in the filter.
 * @param {import("playwright-core").Browser} browser
 * @param {string} file
 */
async function time(browser, file) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  // As texts: they run in the page, whose types this script does not have.
  const ready = Number(
    await page.evaluate("performance.getEntriesByName('deadlock-lint-ready')[0]?.startTime ?? NaN"),
  );
  // Reading a size makes the browser lay out what was changed.
  const filter = Number(
    await page.evaluate(`(() => {
      const begin = performance.now();
      document.querySelector("#query").value = "pool";
      document.querySelector("#query").dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      return performance.now() - begin;
    })()`),
  );
  await page.close();
  return { ready, filter };
}

/**
 * @param {string} title
 * @param {string} html
 * @param {import("playwright-core").Browser} browser
 */
async function measure(title, html, browser) {
  const file = join(folder, "page.html");
  writeFileSync(file, html);
  const times = [];
  for (let i = 0; i < runs; i++) times.push(await time(browser, file));
  const data = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
  console.log(
    `  ${title}: ${kilobytes(statSync(file).size)}, of which stacks ${kilobytes(Buffer.byteLength(data))}; ` +
      `interactive after ${Math.round(median(times.map((t) => t.ready)))} ms, ` +
      `a keystroke in the filter takes ${Math.round(median(times.map((t) => t.filter)))} ms`,
  );
}

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
console.log("the HTML report in a browser");
if (!existsSync(executablePath)) console.log(`  not measured: no ${executablePath} (set CHROMIUM)`);
else {
  const assets = ["page.js", "page.css"].map((name) =>
    readFileSync(new URL(`../../assets/${name}`, import.meta.url)),
  );
  const fixed = assets.reduce((sum, asset) => sum + asset.length, 0);
  console.log(`  script and style: ${kilobytes(fixed)}`);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const given = process.argv[2];
  if (given !== undefined) await measure(given, await pageOf(given), browser);
  else {
    for (const stacks of [300, 20_000])
      await measure(
        `1,000,000 goroutines, ${stacks.toLocaleString("en")} distinct stacks`,
        await pageOf(profile(stacks)),
        browser,
      );
  }
  await browser.close();
}
