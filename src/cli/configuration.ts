import type { Config } from "../config/config.ts";
import { findConfig } from "../config/find-config.ts";
import { problemText } from "./print-error.ts";
import { ownMatcher } from "./select-rules.ts";
import { type Terminal, write } from "./terminal.ts";

/** The configuration in force: `--config`, or the nearest above the working directory; the machinery is loaded only then. */
export async function configurationOf(
  asked: string | boolean | undefined,
  terminal: Terminal,
): Promise<Config | undefined> {
  // yargs makes `false` of --no-config.
  if (asked === false) return undefined;
  const file = typeof asked === "string" ? asked : findConfig(process.cwd());
  if (file === undefined) return undefined;
  const { loadConfig } = await import("../config/load-config.ts");
  const config = await loadConfig(file);
  for (const problem of config.problems) await write(terminal.stderr, `${problemText(problem)}\n`);
  return config;
}

/** Tests packages against `--own` and `own` of the configuration; `undefined` when neither says anything. */
export function ownOf(
  asked: readonly string[] | undefined,
  config: Config | undefined,
): { readonly own?: (packagePath: string) => boolean } {
  const globs = [...(asked ?? []), ...(config?.own.map((o) => o.value) ?? [])];
  return globs.length === 0 ? {} : { own: ownMatcher(globs) };
}
