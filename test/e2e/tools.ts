import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Report } from "../../src/report/report.ts";

/** Folder of the Go module with the programs. */
export const programs = fileURLToPath(new URL("../../fixtures/programs", import.meta.url));

/** The built command line, as users run it. */
export const cli = fileURLToPath(new URL("../../dist/cli/main.cjs", import.meta.url));

/** Delve: `$DLV` or the one on the path. */
export const dlv = process.env.DLV ?? "dlv";

/**
 * Which of the tools are missing. In CI a missing tool is an error: a test that is skipped there proves nothing.
 * Elsewhere the caller skips, and says why.
 */
export function missingTools(names: readonly string[]): string[] {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length > 0 && process.env.CI) throw new Error(`CI needs ${missing.join(", ")}`);
  if (missing.length > 0) console.warn(`skipped: ${missing.join(", ")} not found`);
  return missing;
}

function isThere(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** How the command line ended. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options: { cwd?: string; input?: string } = {}): CliRun {
  if (!existsSync(cli)) throw new Error(`${cli} is not there: npm run build`);
  const run = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options,
  });
  return { exitCode: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** The same, while servers of this process answer it. */
export async function startCli(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>> } = {},
): Promise<CliRun> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
    env: { ...process.env, ...options.env },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, ...output };
}

/** The JSON report on dumps; the exit code must be the one that the report names. */
export function lint(args: readonly string[]): Report {
  const { exitCode, stdout, stderr } = runCli(["--format", "json", ...args]);
  let report: Report;
  try {
    report = JSON.parse(stdout) as Report;
  } catch {
    throw new Error(`no JSON report, exit code ${exitCode}\n${stdout.slice(0, 2000)}\n${stderr}`);
  }
  if (report.gate.exitCode !== exitCode) {
    throw new Error(`the report says exit code ${report.gate.exitCode}, the process ${exitCode}\n${stderr}`);
  }
  return report;
}
