import { describe, expect, test } from "vitest";
import { sourceCheckText } from "../../src/cli/source-check.ts";
import { openSourceOf } from "../../src/cli/source-options.ts";
import { UsageError } from "../../src/errors.ts";
import { sourceCoverage } from "../../src/source/source-coverage.ts";
import { fixtureDump, programs } from "../source/dumps.ts";

describe("source-check", () => {
  test("lists what was found, and why not the rest", async () => {
    const dump = await fixtureDump("fixtures/source/source-cases.go1.26.debug2.txt");
    const source = (await openSourceOf({ sourceRoot: [programs] }))!;
    const frames = sourceCoverage(dump, source.forDump(dump));
    const text = sourceCheckText([{ dump: "dump.txt", frames }], source.problems);
    await expect(text).toMatchFileSnapshot("goldens/source-check.txt");
    expect(frames.every((f) => f.status === "found")).toBe(true);
  });

  test("says that a tree without the program has nothing", async () => {
    const dump = await fixtureDump("fixtures/source/source-cases.go1.26.debug2.txt");
    const source = (await openSourceOf({ sourceRoot: [`${programs}/../source`] }))!;
    const frames = sourceCoverage(dump, source.forDump(dump));
    expect(new Set(frames.map((f) => f.reason))).toEqual(
      new Set(["no file of this name in the source roots"]),
    );
  });

  test("nothing is opened without a root; path maps are checked", async () => {
    expect(await openSourceOf({})).toBeUndefined();
    await expect(openSourceOf({ pathMap: ["/a=b"] })).rejects.toThrow(UsageError);
    await expect(openSourceOf({ sourceRoot: [programs], pathMap: ["nothing"] })).rejects.toThrow(
      "expected from=to",
    );
  });
});
