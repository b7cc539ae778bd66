import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadGoParser } from "../../src/source/go-parser.ts";

const folder = new URL("../../grammars/tree-sitter-go/", import.meta.url);

describe("the Go grammar", () => {
  test("is the one that its README names", () => {
    const sum = createHash("sha256")
      .update(readFileSync(new URL("tree-sitter-go.wasm", folder)))
      .digest("hex");
    expect(readFileSync(new URL("README.md", folder), "utf8")).toContain(sum);
  });

  test("says on which line a text stops being Go", async () => {
    const parse = await loadGoParser();
    expect(parse("package a\n\nfunc f() {\n\tx := = 1\n}\n").error).toBe("does not parse as Go (line 4)");
    expect(parse("package a\n\nfunc f() {").error).toMatch(/does not parse as Go/);
  });

  test("refuses text nested so deeply that nobody wrote it", async () => {
    const parse = await loadGoParser();
    const deep = `package a\n\nvar x = ${"(".repeat(5000)}1${")".repeat(5000)}\n`;
    expect(parse(deep).error).toBe("nested more than 400 levels deep");
  });

  test.each(["", "\u0000\u0001", "package", "}{", "\ufeffpackage a\n"])(
    "does not throw on %j",
    async (text) => {
      const parse = await loadGoParser();
      expect(parse(text)).toBeDefined();
    },
  );
});
