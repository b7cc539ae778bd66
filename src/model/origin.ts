import type { GoSymbol } from "./symbol.ts";

/** Whose code a frame is. */
export type Origin = "own" | "third-party" | "std" | "runtime";

/** First path elements of the standard library's packages, of all Go versions up to 1.27. */
const standardRoots: ReadonlySet<string> = new Set(
  (
    "archive arena bufio builtin bytes cmp cmd compress container context crypto database debug embed encoding " +
    "errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin " +
    "reflect regexp runtime simd slices sort strconv strings structs sync syscall testing text time unicode " +
    "unique unsafe uuid vendor weak _cgo_export"
  ).split(" "),
);

const slash = 47;
/** The first element of other paths is most often a host's name. */
const dot = 46;

/** True for import paths of the standard library. */
export function isStandardPackage(path: string): boolean {
  let end = 0;
  for (let c = path.charCodeAt(0); end < path.length && c !== slash; c = path.charCodeAt(++end))
    if (c === dot) return false;
  return standardRoots.has(end < path.length ? path.slice(0, end) : path);
}

const thirdPartyFile = /\/pkg\/mod\/|@v\d|\/vendor\//;

/**
 * Whose code a function is, judged by its package and file.
 * @param own packages that the user called own (`--own`, config); decides before all else
 */
export function originOf(symbol: GoSymbol, file: string, own?: (packagePath: string) => boolean): Origin {
  const pkg = symbol.package;
  if (own?.(pkg)) return "own";
  if (pkg === "runtime" || pkg.startsWith("runtime/") || pkg.startsWith("internal/runtime/"))
    return "runtime";
  if (pkg === "") return symbol.name.startsWith("runtime.") || symbol.name === "" ? "runtime" : "std";
  if (isStandardPackage(pkg)) return "std";
  if (pkg === "main") return "own";
  if (thirdPartyFile.test(file)) return "third-party";
  // With `own` packages given, what is not among them is a dependency.
  return own === undefined ? "own" : "third-party";
}

/** True for frames that only carry out a wait: of the runtime, `sync`, `syscall` and `internal/…`, and `time.Sleep`. */
export function isMachinery(symbol: GoSymbol): boolean {
  const pkg = symbol.package;
  switch (pkg) {
    case "runtime":
    case "sync":
    case "syscall":
    case "internal":
      return true;
    case "time":
      return symbol.plain === "time.Sleep";
    case "":
      return symbol.plain.startsWith("runtime.");
    default:
      return (
        pkg.startsWith("internal/") ||
        pkg.startsWith("runtime/") ||
        pkg.startsWith("sync/") ||
        pkg.startsWith("syscall/")
      );
  }
}
