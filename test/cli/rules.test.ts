import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";

const main = resolve("dist/cli/main.cjs");
const root = mkdtempSync(join(tmpdir(), "rules-cli-"));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "t-"));
});

function run(...args: string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, text: stdout + stderr };
}

const files = (contents: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text);
};

test("what the configuration defines may be used in every file of rules", () => {
  files({
    ".deadlock-lint.yaml":
      "schema: 1\nown: [example.com/shop]\ndefine:\n  pool: { at: { type: 'example.com/shop.(*Pool)' } }\n",
    "pool.yaml": `schema: 1
rules:
  - id: team/pool
    title: t
    severity: error
    roles:
      senders: { is: pool, wait: chan-send, at: { line: $AT, origin: own } }
    message: "$senders.count at $AT"
    tests:
      - name: fires
        dump: |
          goroutine 7 [chan send]:
          example.com/shop.(*Pool).put(0x1)
          \t/src/shop/pool.go:4 +0x1
          created by main.main
          \t/src/main.go:3 +0x1
        expect: { findings: 1 }
`,
  });
  for (const command of ["check", "test", "docs"]) {
    expect([command, run("rules", command, "pool.yaml").code]).toEqual([command, 0]);
    const without = run("rules", command, "pool.yaml", "--no-config");
    expect([command, without.code]).toEqual([command, 2]);
    expect(without.text).toContain("nothing named pool is defined");
  }
  expect(run("rules", "show", "team/pool", "--rules", "pool.yaml").code).toBe(0);
});

test("rules new and init name a schema that is there", () => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve("."), join(folder, "node_modules/deadlock-lint"), "dir");
  execFileSync(process.execPath, [main, "rules", "new", "team/pool"], { cwd: folder });
  execFileSync(process.execPath, [main, "init"], { cwd: folder });
  for (const [file, reference] of [
    ["deadlock-rules/pool.yaml", "../node_modules/deadlock-lint/schemas/rules.schema.json"],
    [".deadlock-lint.yaml", "node_modules/deadlock-lint/schemas/config.schema.json"],
  ] as const) {
    const [first] = readFileSync(join(folder, file), "utf8").split("\n");
    expect(first).toBe(`# yaml-language-server: $schema=${reference}`);
    expect(existsSync(join(folder, dirname(file), reference))).toBe(true);
  }
  expect(run("rules", "check", "deadlock-rules").text).toContain("no error");
  expect(run("rules", "test").code).toBe(0);
});
