import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultReporterOptions } from "../../../src/report/report.ts";
import { reporter as svgReporter } from "../../../src/report/svg.ts";
import { empty, growing, hostile, lockCycle, million, referenceStory } from "../../report/html/samples.ts";
import { cleanUp, hasBrowser, launch, open, screenshot, violations } from "./browser.ts";

const samples = {
  "reference-story": referenceStory,
  "lock-cycle": lockCycle,
  million,
  empty,
  hostile,
  growing,
};

describe.runIf(hasBrowser())("the HTML report in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    cleanUp();
  });

  async function withPage(
    make: () => Parameters<typeof open>[1],
    options: Parameters<typeof open>[2],
    look: (page: Page) => Promise<void>,
  ): Promise<void> {
    const { page, complaints, requests } = await open(browser, make(), options);
    await look(page);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.context().close();
  }

  describe.each(Object.entries(samples))("%s", (name, make) => {
    test.each(["light", "dark"] as const)("is readable and free of faults, %s", async (colorScheme) => {
      await withPage(make, { colorScheme }, async (page) => {
        await screenshot(page, `${name}-${colorScheme}`);
      });
      await withPage(make, { colorScheme, bypassCSP: true }, async (page) => {
        expect(await violations(page)).toEqual([]);
        await page
          .locator("#open-all")
          .filter({ visible: true })
          .click({ timeout: 500 })
          .catch(() => {});
        expect(await violations(page)).toEqual([]);
      });
    });

    test("runs nothing that stands in the data", async () => {
      await withPage(make, {}, async (page) => {
        expect(await page.evaluate("window.hacked")).toBeUndefined();
        expect(await page.evaluate("document.scripts.length")).toBe(2);
        expect(await page.locator("img, iframe, object, embed, link, base, form").count()).toBe(0);
      });
    });

    test("fits a phone: nothing but pictures, tables and code scrolls sideways", async () => {
      await withPage(
        make,
        { viewport: { width: 375, height: 800 }, isMobile: true, hasTouch: true },
        async (page) => {
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(375);
          await screenshot(page, `${name}-phone`);
        },
      );
    });
  });

  test("without JavaScript shows findings, pictures and the most frequent stacks, and no dead controls", async () => {
    await withPage(referenceStory, { javaScriptEnabled: false }, async (page) => {
      const finding = page.locator("#findings > .finding").first();
      expect(await finding.locator(".lead").first().isVisible()).toBe(true);
      expect(await finding.locator("svg.waitfor[role=img]").first().isVisible()).toBe(true);
      expect(await finding.getByText("sends on m.inChannel").first().isVisible()).toBe(true);
      expect(await page.locator("#query").isVisible()).toBe(false);
      expect(await page.locator("#histogram tbody tr").count()).toBe(6);
      expect(await page.locator("button:visible").count()).toBe(0);
      // The next finding opens without a script, too.
      await page.getByText("HTTP handlers pile up").click();
      expect(await page.locator(".lead", { hasText: "1,003 handlers of net/http" }).isVisible()).toBe(true);
    });
  });

  test("says the verdict, then the root cause with its picture, evidence and fix", async () => {
    await withPage(referenceStory, {}, async (page) => {
      expect(await page.locator("h1").textContent()).toBe("The gate failed");
      const finding = page.locator("#findings > .finding").first();
      expect(await finding.locator("summary .title").first().textContent()).toContain(
        "is stuck sending to it",
      );
      const picture = finding.getByRole("img", { name: "Who waits for whom: The consumer of" });
      expect(await picture.getByText("1,000×").isVisible()).toBe(true);
      expect(await picture.getByText("parked sending to").first().isVisible()).toBe(true);
      expect(await finding.getByText("Don't send to").isVisible()).toBe(true);
      expect(await finding.getByText("net/http.HandlerFunc.ServeHTTP").first().isVisible()).toBe(false);
      await finding.getByText("5 frames").first().click();
      expect(await finding.getByText("net/http.HandlerFunc.ServeHTTP").first().isVisible()).toBe(true);
      await screenshot(page, "reference-story-whole", true);
    });
  });

  test("leads from the verdict to the finding, and opens what a link leads to", async () => {
    await withPage(referenceStory, {}, async (page) => {
      const second = page.locator("#finding-2 .lead");
      expect(await second.isVisible()).toBe(false);
      await page.evaluate("location.hash = 'finding-2'");
      await second.waitFor({ state: "visible" });
      await page.locator(".cause a").click();
      expect(await page.evaluate("location.hash")).toBe("#finding-1");
      await expect
        .poll(() =>
          page.evaluate("Math.abs(document.querySelector('#finding-1').getBoundingClientRect().top)"),
        )
        .toBeLessThan(120);
    });
  });

  test("counts by label, a stack with several labels in several rows", async () => {
    await withPage(referenceStory, {}, async (page) => {
      await page.getByLabel("One row a").selectOption("labels");
      const rows = await page.locator("#histogram tbody tr").allTextContents();
      expect(rows.some((row) => /^960.*path=\/orders tenant=acme$/.test(row))).toBe(true);
      expect(rows.some((row) => /^40.*path=\/orders tenant=zeta$/.test(row))).toBe(true);
      await page.locator("#query").fill("tenant=zeta");
      expect(await page.locator("#matches").textContent()).toMatch(/^1 stack, 1,000 goroutines/);
    });
  });

  test("finds goroutines as one types, in the flame graph and in the table", async () => {
    await withPage(million, {}, async (page) => {
      const status = page.locator("#matches");
      expect(await status.textContent()).toMatch(/^2,000 stacks, 964,071 goroutines/);
      await page.locator("#query").pressSequentially("main.WORKER select");
      expect(await status.textContent()).toMatch(/^\d+ stacks, [\d,]+ goroutines \(\d+\s%\)$/);
      expect(await page.locator(".flame .box.hit").first().textContent()).toBe("main.worker");
      expect(await page.locator(".flame .box.dim").count()).toBeGreaterThan(0);
      for (const row of await page.locator("#histogram tbody tr").all()) {
        expect(await row.textContent()).toMatch(/select.*main\.worker/);
      }
      await page.locator("#goroutines").scrollIntoViewIfNeeded();
      await screenshot(page, "million-search");
      await page.locator("#query").fill("no such function");
      expect(await page.getByText("Nothing matches.").isVisible()).toBe(true);
    });
  });

  test("hides goroutines by what they do", async () => {
    await withPage(referenceStory, {}, async (page) => {
      await page.getByRole("checkbox", { name: "channel send" }).uncheck();
      expect(await page.locator("#matches").textContent()).toBe("4 stacks, 22 goroutines (2\u00a0%)");
      expect(await page.locator("#histogram").textContent()).not.toContain("CountS");
    });
  });

  test("zooms by mouse and back, and the table follows", async () => {
    await withPage(referenceStory, {}, async (page) => {
      const wide = page.locator(".flame .box", { hasText: "sql.(*DB).connectionOpener" });
      const before = (await page.locator(".flame .box").first().boundingBox())!.width;
      await page
        .locator(".flame")
        .getByRole("treeitem", { name: "database/sql.(*DB).connectionOpener" })
        .click();
      expect((await wide.boundingBox())!.width).toBeCloseTo(before, 0);
      expect(await page.locator("#matches").textContent()).toBe("1 stack, 12 goroutines (1\u00a0%)");
      await page.getByRole("button", { name: "Zoom out to all" }).click();
      expect(await page.locator("#matches").textContent()).toBe("6 stacks, 1,023 goroutines");
    });
  });

  test("can be used with the keyboard alone", async () => {
    await withPage(referenceStory, {}, async (page) => {
      const focused = () =>
        page.evaluate(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
        );
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Skip to the findings");
      await page.keyboard.press("/");
      expect(await page.evaluate("document.activeElement.id")).toBe("query");
      await page.locator(".flame [tabindex='0']").focus();
      expect(await focused()).toMatch(/^all goroutines: 1,023 goroutines, 100\u00a0%/);
      await page.keyboard.press("ArrowDown");
      expect(await focused()).toMatch(/^net\/http\.\(\*conn\)\.serve: 1,003 goroutines, 98\u00a0%/);
      await page.keyboard.press("ArrowRight");
      expect(await focused()).toMatch(/^database\/sql/);
      await page.keyboard.press("Enter");
      expect(await page.locator("#matches").textContent()).toContain("12 goroutines");
      expect(await focused()).toMatch(/^database\/sql/);
      await page.keyboard.press("Escape");
      expect(await page.locator("#matches").textContent()).toBe("6 stacks, 1,023 goroutines");
      expect(await page.locator(".flame [tabindex='0']").count()).toBe(1);
      // Closing and opening a finding.
      await page.locator("#findings > .finding > details > summary").first().focus();
      await page.keyboard.press("Enter");
      expect(await page.locator("#findings .lead").first().isVisible()).toBe(false);
    });
  });

  test("sorts, groups and unfolds the table", async () => {
    await withPage(referenceStory, {}, async (page) => {
      const first = page.locator("#histogram tbody tr").first();
      expect(await first.textContent()).toContain("CountS");
      await page.getByRole("button", { name: "Site" }).click();
      expect(await page.locator("th[aria-sort]").getAttribute("aria-sort")).toBe("ascending");
      expect(await first.textContent()).toContain("connectionOpener");
      await page.getByLabel("One row a").selectOption("wait");
      await page.getByRole("button", { name: "Goroutines" }).click();
      expect(await first.textContent()).toMatch(/^1,001chan send2–32 different2 different/);
      await page.getByLabel("One row a").selectOption("stack");
      await page.getByRole("button", { name: "Frames" }).first().click();
      expect(await page.locator("tr.unfolded").textContent()).toContain("net/http.serverHandler.ServeHTTP");
      await page.getByRole("button", { name: "Frames" }).first().click();
      expect(await page.locator("tr.unfolded").count()).toBe(0);
    });
  });

  test("shows each of several dumps, and what grew between them", async () => {
    await withPage(growing, {}, async (page) => {
      expect(await page.locator("#growth").getByText("41 → 1,000").isVisible()).toBe(true);
      await page.locator("#dump").selectOption({ index: 0 });
      expect(await page.locator("#matches").textContent()).toMatch(/^\d stacks, 62 goroutines$/);
      await page.locator("#growth").scrollIntoViewIfNeeded();
      await screenshot(page, "growth");
    });
  });

  test.each(Object.entries(samples))(
    "an SVG file of %s is well-formed and runs nothing",
    async (name, make) => {
      const context = await browser.newContext({
        viewport: { width: 700, height: 640 },
        colorScheme: "dark",
      });
      const page = await context.newPage();
      const svg = svgReporter.report(make(), defaultReporterOptions);
      await page.route("http://report.test/**", (route) =>
        route.fulfill({ contentType: "image/svg+xml", body: svg }),
      );
      await page.goto("http://report.test/picture.svg");
      expect(await page.evaluate("document.documentElement.localName")).toBe("svg");
      expect(await page.locator("parsererror").count()).toBe(0);
      expect(await page.locator("text").count()).toBeGreaterThan(0);
      expect(await page.evaluate("window.hacked")).toBeUndefined();
      await screenshot(page, `${name}-svg`);
      await context.close();
    },
  );

  test("scales a picture to a phone, and lets a wide one be scrolled there", async () => {
    const wide = () => {
      const report = referenceStory();
      const [first] = report.findings;
      const senders = first!.graph.nodes[0]!;
      const more = ["a", "b", "c"].map((id) => ({ ...senders, id }));
      const edges = more.map(({ id }) => ({ ...first!.graph.edges[0]!, from: id }));
      const graph = { nodes: [...first!.graph.nodes, ...more], edges: [...first!.graph.edges, ...edges] };
      return { ...report, findings: [{ ...first!, graph }, ...report.findings] };
    };
    await withPage(wide, { viewport: { width: 375, height: 800 } }, async (page) => {
      const widths =
        "[...document.querySelectorAll('.picture .scroll')].slice(0, 3).map((e) => e.scrollWidth - e.clientWidth)";
      await page.locator("#open-all").click();
      const [first, , second] = (await page.evaluate(widths)) as number[];
      expect(first).toBeGreaterThan(100);
      expect(second).toBe(0);
    });
  });

  test("prints what is folded", async () => {
    await withPage(referenceStory, {}, async (page) => {
      await page.emulateMedia({ media: "print" });
      expect(await page.locator(".said:visible").count()).toBe(0);
      expect(await page.locator(".lead", { hasText: "1,003 handlers of net/http" }).isVisible()).toBe(true);
      expect(await page.locator(".flame").isVisible()).toBe(false);
      await screenshot(page, "print", true);
    });
  });

  test("is ready within a second at a million goroutines", async () => {
    const { page, size } = await open(browser, million());
    const ready = (await page.evaluate(
      "performance.getEntriesByName('deadlock-lint-ready')[0].startTime",
    )) as number;
    const boxes = await page.locator(".flame .box").count();
    console.log(
      `1,000,000 goroutines: ${size} bytes, ${boxes} boxes, interactive after ${Math.round(ready)} ms`,
    );
    expect(size).toBeLessThan(2_000_000);
    // Twice the second that it may take: the machine that tests is shared.
    expect(ready).toBeLessThan(2000);
    await page.context().close();
  });
});
