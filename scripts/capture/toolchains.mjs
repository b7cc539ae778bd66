// @ts-check
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @typedef {{ name: string, version: string, command: string, env: NodeJS.ProcessEnv }} Toolchain `name` is the release line (`go1.24`), `version` what it calls itself. */

/** The releases that fixtures are made with; what cannot be had is left out. */
const releases = ["go1.22.12", "go1.24.13", "go1.26.8", "go1.27.2"];
/** Too old for GOTOOLCHAIN: Debian 12's own package. */
const debian = "/usr/lib/go-1.19/bin/go";

/**
 * The Go toolchain that is there without asking for another, or undefined.
 * @returns {Promise<Toolchain | undefined>}
 */
export async function defaultToolchain() {
  return probe("go", {});
}

/**
 * Every Go that can be had: installed ones, and releases through the module proxy. Oldest first.
 * @param {(message: string) => void} log told what is missing
 * @returns {Promise<Toolchain[]>}
 */
export async function findToolchains(log) {
  /** @type {Map<string, Toolchain>} */
  const found = new Map();
  const candidates = [
    ...(existsSync(debian) ? [() => probe(debian, { GOTOOLCHAIN: "local" })] : []),
    ...releases.map((release) => () => probe("go", { GOTOOLCHAIN: release })),
    defaultToolchain,
  ];
  if (!existsSync(debian))
    log(`${debian} is not there: no dumps of Go 1.19 (apt-get install golang-1.19-go)`);
  for (const candidate of candidates) {
    const toolchain = await candidate();
    if (toolchain && !found.has(toolchain.name)) found.set(toolchain.name, toolchain);
  }
  for (const release of releases) {
    if (!found.has(lineOf(release))) log(`${release} cannot be had: no dumps of it`);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/**
 * Builds one program without C and without this machine's paths.
 * @param {Toolchain} toolchain
 * @param {{ module: string, program: string, output: string, experiment?: string }} build
 */
export async function buildProgram(toolchain, { module, program, output, experiment }) {
  const env = { ...toolchain.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=mod" };
  // A program with dependencies is a module of its own.
  const isModule = existsSync(join(module, program, "go.mod"));
  await run(toolchain.command, ["build", "-trimpath", "-o", output, isModule ? "." : `./${program}`], {
    cwd: isModule ? join(module, program) : module,
    env: experiment === undefined ? env : { ...env, GOEXPERIMENT: experiment },
  });
}

/**
 * @param {string} command
 * @param {NodeJS.ProcessEnv} extra
 * @returns {Promise<Toolchain | undefined>}
 */
async function probe(command, extra) {
  const env = { ...process.env, ...extra };
  try {
    const { stdout } = await run(command, ["env", "GOVERSION"], { env });
    const version = stdout.trim();
    return { name: lineOf(version), version, command, env };
  } catch {
    return undefined;
  }
}

/**
 * Example Input: go1.24.13
 * Example Output: go1.24
 * @param {string} version
 */
function lineOf(version) {
  return version.split(".").slice(0, 2).join(".");
}
