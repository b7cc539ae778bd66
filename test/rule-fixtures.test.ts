import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countWithFrame } from "../scripts/capture/truth.mjs";
import { fixtureEntries, fixturesRoot, readFixture } from "./rule-fixtures.ts";

const tracebacks = new Set(["debug2", "sigquit", "panic", "panic-system", "leak2"]);

describe("fixtures/rules", () => {
  test("holds exactly the dumps of its manifest", () => {
    const present = readdirSync(fixturesRoot, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "MANIFEST.json")
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(fixturesRoot.length));
    expect(present.sort()).toEqual(fixtureEntries.map((entry) => entry.file).sort());
  });

  const rules = [...new Set(fixtureEntries.map((entry) => entry.rule))];
  test.each(rules)("%s has dumps where it fires and where it stays quiet", (rule) => {
    const expectations = fixtureEntries.filter((entry) => entry.rule === rule).map((entry) => entry.expect);
    expect([...new Set(expectations)].sort()).toEqual(["fires", "quiet"]);
  });

  test("tracebacks hold the goroutines that the manifest counts", () => {
    const wrong = fixtureEntries
      .filter((entry) => tracebacks.has(entry.format))
      .flatMap((entry) => {
        const text = readFixture(entry).toString();
        return Object.values(entry.groups)
          .map((group) => ({ ...group, found: countWithFrame(text, group.function) }))
          .filter((group) => group.found !== group.count)
          .map(
            (group) => `${entry.file}: ${group.found} goroutines with ${group.function}, not ${group.count}`,
          );
      });
    expect(wrong).toEqual([]);
  });
});
