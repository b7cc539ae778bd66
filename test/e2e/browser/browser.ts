import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { reporter } from "../../../src/report/html.ts";
import { defaultReporterOptions, type Report } from "../../../src/report/report.ts";

/** Debian's Chromium, or `$CHROMIUM`; nothing is downloaded. */
export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** False where there is no browser; in CI that is an error, since a test that is skipped there proves nothing. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if (process.env.CI) throw new Error(`CI needs ${executablePath}`);
  console.warn(`skipped: ${executablePath} not found`);
  return false;
}

/** Starts a browser that talks to nobody. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A report, opened; and what must stay empty. */
export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, violations of the policy. */
  readonly complaints: string[];
  /** What was asked of the network or the disk beside the page itself. */
  readonly requests: string[];
  /** Bytes of the file. */
  readonly size: number;
}

const folder = mkdtempSync(join(tmpdir(), "deadlock-lint-"));

/** Writes the report's page to a file and opens it. */
export async function open(
  browser: Browser,
  report: Report,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const html = reporter.report(report, defaultReporterOptions);
  const file = join(folder, `${report.dumps[0]?.stacks.length ?? 0}.html`);
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width: 1280, height: 1080 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== address) requests.push(request.url());
  });
  await page.goto(address);
  return { page, complaints, requests, size: Buffer.byteLength(html) };
}

/** Removes the files that were opened. */
export function cleanUp(): void {
  rmSync(folder, { recursive: true, force: true });
}

const axeSource = createRequire(import.meta.url)("axe-core").source as string;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What axe finds wrong: WCAG 2.2 A and AA, and good practice. Open the page with `bypassCSP`: axe is a stranger to it. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResult;
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 5).map((node) => `${id}: ${node.html.slice(0, 200)}\n${node.failureSummary}`),
  );
}

const artifacts = fileURLToPath(new URL("../../../.tmp/screenshots", import.meta.url));
const docs = fileURLToPath(new URL("../../../docs", import.meta.url));

/** Keeps a picture of the page in .tmp/screenshots; with `DOCS_SCREENSHOTS`, those that docs/html-report.md shows beside it. */
export async function screenshot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(artifacts, { recursive: true });
  const picture = await page.screenshot({ fullPage });
  writeFileSync(join(artifacts, `${name}.png`), picture);
  if (!process.env.DOCS_SCREENSHOTS) return;
  const place = `screenshots/${name}.png`;
  if (readFileSync(join(docs, "html-report.md"), "utf8").includes(place))
    writeFileSync(join(docs, place), picture);
}
