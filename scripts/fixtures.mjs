// @ts-check
// Rebuilds fixtures/rules from fixtures/programs with every Go that can be had. See fixtures/README.md.
//   npm run fixtures [-- --only PROGRAM …] [--rule RULE …] [--go go1.24] [--all-releases] [--no-metrics]
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openManifest } from "./capture/manifest.mjs";
import { captureMetrics } from "./capture/metrics-fixtures.mjs";
import { captureCases } from "./capture/rule-fixtures.mjs";
import { findToolchains } from "./capture/toolchains.mjs";

/** Enough for the rules; the reference story is captured with every release. */
const usual = ["go1.19", "go1.24", "go1.27"];
const withLeakProfile = ["go1.26", "go1.27"];
/** The release that is captured in every format and at every age. */
const thorough = "go1.27";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    rule: { type: "string", multiple: true },
    go: { type: "string" },
    "all-releases": { type: "boolean", default: false },
    "no-metrics": { type: "boolean", default: false },
  },
});
const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));
const module = join(fixtures, "programs");
const scratch = await mkdtemp(join(tmpdir(), "deadlock-lint-fixtures-"));
const manifest = openManifest(join(fixtures, "rules"));
const dlv = findDelve();
if (dlv === undefined) console.error("dlv is not there: no dumps of Delve");

/** @type {import("./capture/rule-fixtures.mjs").Case[]} */
const allCases = JSON.parse(await readFile(join(module, "cases.json"), "utf8"));
const found = await findToolchains((message) => console.error(message));
const toolchains = found.filter(({ name }) => options.go === undefined || options.go === name);
try {
  for (const toolchain of toolchains) await captureWith(toolchain);
  const { written, total } = await manifest.save();
  console.log(`${written} dumps written, ${total} in MANIFEST.json`);
} finally {
  await rm(scratch, { recursive: true });
}

/** @param {import("./capture/toolchains.mjs").Toolchain} toolchain */
async function captureWith(toolchain) {
  const { name, version } = toolchain;
  const isThorough = name === thorough || found.length === 1;
  const job = { module, scratch, toolchain, dlv, thorough: isThorough, manifest };
  const cases = allCases.filter((entry) => {
    const wanted =
      isWanted(entry.program) && (options.rule?.includes(entry.rule) ?? true) && !isOlder(name, entry.since);
    if (entry.leakProfile) return wanted && withLeakProfile.includes(name);
    return wanted && (options["all-releases"] || (entry.releases ?? usual).includes(name) || isThorough);
  });
  console.log(`${version}: ${cases.length} cases`);
  await captureCases(job, cases);
  if (!options["no-metrics"] && isWanted("metrics")) await captureMetrics(job);
}

/** @param {string} program */
function isWanted(program) {
  return options.only === undefined || options.only.includes(program);
}

/**
 * @param {string} release for example go1.24
 * @param {string | undefined} since
 */
function isOlder(release, since = "go1.0") {
  return release.localeCompare(since, "en", { numeric: true }) < 0;
}

/** @returns {string | undefined} */
function findDelve() {
  const command = process.env.DLV ?? "dlv";
  try {
    execFileSync(command, ["version"], { stdio: "ignore" });
    return command;
  } catch {
    return undefined;
  }
}
