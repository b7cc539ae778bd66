import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { machinePath } from "../scripts/machine-path.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

describe.skipIf(!existsSync(`${root}/.git`))("files in git", () => {
  const files = existsSync(`${root}/.git`) ? listFiles() : [];

  test("hold no path of the machine that made them", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => machinePath.test(textOf(file)))).toEqual([]);
  });

  test("pin no package to a registry's host", () => {
    expect(textOf("package-lock.json")).not.toMatch(/"resolved": "http/);
    expect(files.filter((file) => file.endsWith(".npmrc"))).toEqual([]);
  });
});

function listFiles(): string[] {
  const output = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  return output.split("\0").filter((file) => existsSync(root + file) && statSync(root + file).isFile());
}

function textOf(file: string): string {
  const bytes = readFileSync(root + file);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (isGzip ? gunzipSync(bytes) : bytes).toString("latin1");
}
