import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const cli = fileURLToPath(new URL("../../dist/cli/main.cjs", import.meta.url));
const rules = new URL("../../fixtures/rules/", import.meta.url);

/** A dump of fixtures/rules. */
export const dump = (path: string): string => fileURLToPath(new URL(path, rules));

export const selfSend = dump("channel/consumer-sends-to-own-channel/fires.closure-aged.go1.19.debug2.txt");
export const lockCycle = dump("lock/order-cycle/fires.arguments-aged.go1.24.debug2.txt");
export const quiet = dump("channel/consumer-sends-to-own-channel/quiet.metrics-idle.go1.19.debug2.txt");

/** A directory for the files of a test file; gone after it. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "deadlock-lint-shell-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a file into a directory and names it. */
export function file(directory: string, name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a bash script in which `lint` is the built command line and `$1`, `$2` … are `args`. */
export function shell(
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Ended {
  const run = spawnSync(
    "bash",
    ["--norc", "-c", `set -o pipefail\nlint() { "$NODE" "$CLI" "$@"; }\n${script}`, "bash", ...args],
    {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      timeout: 50_000,
      env: { PATH: process.env.PATH, NODE: process.execPath, CLI: cli, NO_COLOR: "1", ...env },
    },
  );
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** Runs the built command line. */
export function lint(...args: readonly string[]): Ended {
  return shell('lint "$@"', args);
}
