import type { Options } from "yargs";
import { UsageError } from "../errors.ts";
import type { PathMap } from "../source/locate.ts";
import type { Source } from "../source/open-source.ts";

/** Options of every command that may read Go source. */
export const sourceOptions = {
  "source-root": {
    type: "string",
    array: true,
    nargs: 1,
    group: "Source:",
    describe: "Directory with the Go source of the dumped program (or its module cache); may be repeated",
  },
  "path-map": {
    type: "string",
    array: true,
    nargs: 1,
    group: "Source:",
    describe: "from=to: what stands for a prefix of the dump's file names, such as /build/src=.",
  },
} as const satisfies Record<string, Options>;

/** What a command line says of source. */
export interface SourceArguments {
  readonly sourceRoot?: readonly string[] | undefined;
  readonly pathMap?: readonly string[] | undefined;
}

/**
 * Opens the source roots of a command line; undefined without any, and then nothing is loaded.
 * @param mapsAlone path maps mean something without source, too
 * @throws UsageError for a root that is no directory, and for a path map without `=` or without roots
 */
export async function openSourceOf(
  argv: SourceArguments,
  { mapsAlone = false }: { readonly mapsAlone?: boolean } = {},
): Promise<Source | undefined> {
  const pathMaps = (argv.pathMap ?? []).map(parsePathMap);
  if (argv.sourceRoot === undefined || argv.sourceRoot.length === 0) {
    if (pathMaps.length > 0 && !mapsAlone)
      throw new UsageError("--path-map needs --source-root", {
        hint: "Give the directory that holds the Go source.",
      });
    return undefined;
  }
  const { openSource } = await import("../source/open-source.ts");
  return openSource({ roots: argv.sourceRoot, pathMaps });
}

function parsePathMap(text: string): PathMap {
  const at = text.indexOf("=");
  if (at < 1)
    throw new UsageError(`--path-map ${text}: expected from=to`, {
      hint: "For example --path-map /build/src=.",
    });
  return { from: text.slice(0, at), to: text.slice(at + 1) || "." };
}
