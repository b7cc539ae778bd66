/** What a go.mod says about where packages lie. */
export interface GoMod {
  readonly module: string;
  readonly replaces: readonly GoModReplace[];
}

export interface GoModReplace {
  readonly from: string;
  /** A module path, or a directory when it begins with `.` or `/`. */
  readonly to: string;
  /** Version of a module path; "" for directories. */
  readonly version: string;
}

/**
 * Reads `module` and `replace` lines; everything else does not matter here.
 *
 * Example input: `replace github.com/a/b v1.2.3 => ../b`
 * Example output: `{from: "github.com/a/b", to: "../b", version: ""}`
 */
export function parseGoMod(text: string): GoMod {
  let module = "";
  let block = "";
  const replaces: GoModReplace[] = [];
  for (const line of text.split("\n")) {
    const words = wordsOf(line);
    if (words.length === 0) continue;
    if (words[0] === ")") {
      block = "";
      continue;
    }
    if (words[1] === "(") {
      block = words[0]!;
      continue;
    }
    const verb = block === "" ? words.shift()! : block;
    if (verb === "module") module = words[0] ?? "";
    if (verb !== "replace") continue;
    const arrow = words.indexOf("=>");
    if (arrow < 1 || words[arrow + 1] === undefined) continue;
    replaces.push({ from: words[0]!, to: words[arrow + 1]!, version: words[arrow + 2] ?? "" });
  }
  return { module, replaces };
}

/** Words of a line, comments removed, quotes taken off. */
function wordsOf(line: string): string[] {
  const comment = line.indexOf("//");
  const code = comment < 0 ? line : line.slice(0, comment);
  return code
    .split(" ")
    .flatMap((part) => part.split("\t"))
    .map((word) => word.trim())
    .map((word) => (word.length > 1 && (word[0] === '"' || word[0] === "`") ? word.slice(1, -1) : word))
    .filter((word) => word !== "");
}
