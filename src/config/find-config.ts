import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Names of configuration files, in the order in which they are looked for. */
export const configNames: readonly string[] = [
  ".deadlock-lint.yaml",
  ".deadlock-lint.yml",
  ".deadlock-lint.json",
];

/** The nearest configuration file of a folder and those above it; `undefined` when there is none. */
export function findConfig(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const name of configNames) if (existsSync(join(at, name))) return join(at, name);
    if (dirname(at) === at) return undefined;
  }
}
