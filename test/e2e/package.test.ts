import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturesRoot } from "../rule-fixtures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const fires = join(fixturesRoot, "lock/order-cycle/fires.methods-aged.go1.24.sigquit.txt");
const quiet = join(fixturesRoot, "lock/order-cycle/quiet.ordered-aged.go1.24.sigquit.txt");

describe("the package, installed from its tarball", () => {
  const folder = mkdtempSync(join(tmpdir(), "deadlock-lint-package-"));
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8" });
  const installed = (args: readonly string[]) =>
    spawnSync("npx", ["--no-install", "deadlock-lint", ...args], { cwd: folder, encoding: "utf8" });

  beforeAll(() => {
    npm(["pack", "--pack-destination", folder], root);
    const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    npm(["install", "--prefer-offline", "--no-save", `./${tarball}`], folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("finds the root cause and exits 1", () => {
    const run = installed([fires]);
    expect(run.stdout).toContain("lock/order-cycle");
    expect(run.status).toBe(1);
  });

  test("passes a healthy dump and exits 0", () => {
    expect(installed([quiet]).status).toBe(0);
  });

  test("prints its version", () => {
    expect(installed(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("has the licence of every package of which it has code", () => {
    const at = join(folder, "node_modules/deadlock-lint/dist/cli");
    const licences = readFileSync(join(at, "THIRD-PARTY-LICENCES.txt"), "utf8");
    for (const name of ["yargs", "yargs-parser", "cliui", "y18n"])
      expect(licences).toMatch(new RegExp(`^${name} \\d.*\\n\\n[^=]*(?:Permission|permission)`, "m"));
  });

  test("is a library with the built-in rules", () => {
    const script = "import * as lint from 'deadlock-lint'; console.log(Object.keys(lint).length > 0)";
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe("true\n");
  });

  test("has types that the examples of its documentation pass, checked strictly and without skipping its own", () => {
    const page = readFileSync(join(root, "docs/library.md"), "utf8");
    const examples = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
    const files = examples.map((code, i) => {
      writeFileSync(join(folder, `example${i}.mjs`), code);
      return `example${i}.mjs`;
    });
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const options = [
      "--noEmit",
      "--allowJs",
      "--checkJs",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      ...types,
    ];
    const run = spawnSync(process.execPath, [tsc, ...options, ...files], { cwd: folder, encoding: "utf8" });
    expect(run.stdout).toBe("");
    expect(run.status).toBe(0);
    expect(files.length).toBeGreaterThan(2);
  });
});
