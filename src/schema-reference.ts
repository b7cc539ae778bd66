import { realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./package-root.ts";

/**
 * The first line of a YAML file by which editors find its schema: the one of this package, relative to the file where
 * both lie in one tree, so that it holds for the whole team.
 * @param file the YAML file, as it will be called
 */
export function schemaReference(schema: "rules" | "config" | "tests", file: string): string {
  return `# yaml-language-server: $schema=${schemaPath(schema, dirname(resolve(file)))}\n`;
}

function schemaPath(schema: string, folder: string): string {
  const name = join("schemas", `${schema}.schema.json`);
  const here = realpathSync(fileURLToPath(packageRoot));
  for (let at = folder; ; at = dirname(at)) {
    const installed = join(at, "node_modules", "deadlock-lint");
    if (isSame(installed, here)) return posix(relative(folder, join(installed, name)));
    if (isSame(at, here)) return posix(relative(folder, join(at, name)));
    if (dirname(at) === at) return posix(join(here, name));
  }
}

function isSame(folder: string, real: string): boolean {
  try {
    return realpathSync(folder) === real;
  } catch {
    return false;
  }
}

function posix(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
