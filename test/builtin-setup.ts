import { execFileSync } from "node:child_process";

/** The tests run the sources, which read the built-in rules as the build writes them. */
export function setup(): void {
  execFileSync(process.execPath, ["scripts/build-rules.mjs"], { stdio: "inherit" });
}
