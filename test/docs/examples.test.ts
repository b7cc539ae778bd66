import { execFile, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "examples-"));
afterAll(() => rmSync(folder, { recursive: true }));
const main = resolve("dist/cli/main.cjs");

interface Block {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm)].map((m) => ({
    language: m[1]!,
    file: m[2],
    text: m[3]!,
  }));
}

function node(args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), text: stdout + stderr });
    });
  });
}

/** Words of a command line; double quotes keep spaces. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);
}

test("the tutorial: its files and commands, in their order", async () => {
  const said: string[] = [];
  for (const { language, file, text } of blocksOf("docs/writing-rules.md")) {
    if (file !== undefined) writeFileSync(join(folder, file), text);
    if (language !== "sh") continue;
    for (const line of text.trim().split("\n")) {
      const [program, ...args] = words(line);
      expect(program).toBe("deadlock-lint");
      const result = await node([main, ...args]);
      expect(result.text, line).not.toContain("warning: role");
      expect([line, result.code, result.code === 0 ? "" : result.text]).toEqual([line, 0, ""]);
      said.push(result.text);
    }
  }
  const all = said.join("\n");
  expect(all).toContain("2 passed, 0 failed");
  expect(all).toContain("drains its queue and is parked putting into it; 2 goroutines wait behind it");
  expect(all).toContain("goroutine 33 does not belong");
}, 120_000);

test("the library's examples run as they stand", async () => {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  symlinkSync(resolve("."), join(folder, "node_modules/deadlock-lint"), "dir");
  const examples = blocksOf("docs/library.md").filter((b) => b.language === "js");
  expect(examples).toHaveLength(4);
  for (const [i, { text }] of examples.entries()) {
    writeFileSync(join(folder, `example-${i}.mjs`), text);
    const result = await node([join(folder, `example-${i}.mjs`)]);
    expect([result.code, result.code === 0 ? "" : result.text]).toEqual([0, ""]);
    expect(result.text).toMatch(/parked|findings|2 passed, 0 failed\n\nteam\/pool-puts-to-itself 1 1/);
  }
}, 120_000);

/** Command lines of a page, without comments, continuation lines joined. */
function commandLines(page: string): string[] {
  return blocksOf(page)
    .filter((b) => b.language === "sh" || b.language === "")
    .flatMap((b) => b.text.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => /^(?:npx )?deadlock-lint /.test(line))
    .map((line) => line.replace(/^npx /, ""));
}

const pages = [
  "README.md",
  ...readdirSync("docs")
    .filter((f) => f.endsWith(".md"))
    .map((f) => `docs/${f}`),
];
const reaches = /--pprof|--delve|--core|--targets|--pid/;
const others = pages.filter((page) => page !== "docs/writing-rules.md" && commandLines(page).length > 0);

test.each(others)(
  "%s: every command that needs no server runs as it stands",
  async (page) => {
    const place = mkdtempSync(join(folder, "page-"));
    const at = (name: string) => join(place, name);
    const dump = readFileSync("fixtures/rules/lock/order-cycle/fires.methods-aged.go1.24.sigquit.txt");
    for (const name of ["dump.txt", "before.txt", "after.txt", "hung.txt", "dump.json"])
      writeFileSync(at(name), dump);
    for (const name of ["dumps", "deadlock-rules"]) await mkdir(at(name));
    writeFileSync(at("dumps/a.txt"), dump);
    copyFileSync("rules/time.yaml", at("deadlock-rules/team.yaml"));
    // The module cache of this machine may be large, or not there.
    await mkdir(at("bin"));
    writeFileSync(at("bin/go"), `#!/bin/sh\necho "${at("deadlock-rules")}"\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` };
    const wrong: string[] = [];
    for (const line of commandLines(page).filter((l) => !reaches.test(l))) {
      const command = line
        .replace(/^deadlock-lint/, `"${process.execPath}" "${main}"`)
        .replace(/\bRULE\b/, "lock/order-cycle");
      const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: place, encoding: "utf8", env });
      if (status === null || status > 1 || /^deadlock-lint:/m.test(stderr)) wrong.push(`${line}\n${stderr}`);
    }
    expect(wrong).toEqual([]);
  },
  120_000,
);
