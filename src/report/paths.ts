import { originOf } from "../model/origin.ts";
import { parseSymbol, shortFunction } from "../model/symbol.ts";
import { participating, withSymptoms } from "./describe.ts";
import type { Finding, Report, ReporterOptions, ReportFrame } from "./report.ts";

/**
 * Where a file lies. `repository`: relative to its root, which `--path-map`, `ReporterOptions.root`, or else the
 * package's import path tells. `goroot`: relative to Go's `src`. `module-cache`: relative to `pkg/mod`. `elsewhere`: as
 * the dump writes it.
 */
export interface FilePlace {
  readonly base: "repository" | "goroot" | "module-cache" | "elsewhere";
  /** With forward slashes; without `.` and `..` in a repository. */
  readonly path: string;
}

type PathOptions = Pick<ReporterOptions, "pathMap" | "root">;
type FileOfFrame = Pick<ReportFrame, "function" | "file">;

function forwardSlashes(path: string): string {
  return /^[A-Za-z]:\\/.test(path) ? path.replaceAll("\\", "/") : path;
}

/** True for `/a/b` and `C:/a/b`. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:\//.test(path);
}

/** What is left of `path` below directory `dir`; `undefined` outside it. */
function below(path: string, dir: string): string | undefined {
  const base = dir.endsWith("/") ? dir.slice(0, -1) : dir;
  if (path === base) return "";
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined;
}

/** A relative path without `.` and empty elements; `undefined` when it leads out of its root. */
function insideRoot(path: string): string | undefined {
  const elements = path.split("/").filter((element) => element !== "" && element !== ".");
  return elements.length === 0 || elements.includes("..") ? undefined : elements.join("/");
}

function inRepository(path: string, options: PathOptions): string | undefined {
  const mapping = options.pathMap.find(({ from }) => below(path, from) !== undefined);
  let mapped = path;
  if (mapping) {
    const rest = below(path, mapping.from)!;
    mapped = mapping.to === "" ? rest : `${mapping.to.replace(/\/$/, "")}/${rest}`;
    if (!isAbsolutePath(mapped)) return insideRoot(mapped);
  }
  const rest = options.root === "" ? undefined : below(mapped, forwardSlashes(options.root));
  return rest === undefined ? undefined : insideRoot(rest);
}

/** Hosts whose modules have three elements in their path, and not two: `github.com/acme/shop`. */
const forges = /^(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|git\.sr\.ht)$/;

/**
 * The directory of the module that a file belongs to, as far as its directory repeats its import path:
 * `/build/7/s/internal/ledger` and `github.com/acme/shop/internal/ledger` give `/build/7/s`. `undefined`: it doesn't.
 */
function moduleRoot(packagePath: string, file: string): string | undefined {
  const dirs = file.split("/").slice(0, -1);
  const elements = packagePath.split("/");
  let same = 0;
  while (same < elements.length && elements.at(-1 - same) === dirs.at(-1 - same)) same++;
  if (same === 0) return undefined;
  const host = elements[0]!;
  const moduleLength = forges.test(host) ? 3 : host.includes(".") ? 2 : 1;
  const inside = Math.min(same, Math.max(0, elements.length - moduleLength));
  const root = dirs.slice(0, dirs.length - inside).join("/");
  return root === "" ? undefined : root;
}

/** Roots of the modules that own code lies in, the outermost of nested ones. */
function moduleRoots(frames: readonly ReportFrame[]): string[] {
  const found = new Set<string>();
  for (const frame of frames) {
    const symbol = parseSymbol(frame.function);
    const path = forwardSlashes(frame.file);
    if (symbol.package === "main" || originOf(symbol, path) !== "own") continue;
    const root = moduleRoot(symbol.package, path);
    if (root !== undefined) found.add(root);
  }
  return [...found].filter(
    (root) => ![...found].some((other) => other !== root && below(root, other) !== undefined),
  );
}

/** Where the files of a report's frames lie; a frame's function tells files of Go itself. */
export function placesOf(report: Report, options: PathOptions): (frame: FileOfFrame) => FilePlace {
  return placing(framesOf(report.findings), options);
}

function placing(frames: readonly ReportFrame[], options: PathOptions): (frame: FileOfFrame) => FilePlace {
  const roots = moduleRoots(frames);
  return (frame) => {
    const path = forwardSlashes(frame.file);
    const repository = inRepository(path, options);
    if (repository !== undefined) return { base: "repository", path: repository };
    const cache = path.lastIndexOf("/pkg/mod/");
    if (cache >= 0) return { base: "module-cache", path: path.slice(cache + "/pkg/mod/".length) };
    const symbol = parseSymbol(frame.function);
    const origin = originOf(symbol, path);
    if (origin === "std" || origin === "runtime") {
      const tree = path.lastIndexOf(`/src/${symbol.package === "" ? "runtime" : symbol.package}/`);
      if (tree >= 0) return { base: "goroot", path: path.slice(tree + "/src/".length) };
      if (!isAbsolutePath(path)) return { base: "goroot", path };
    }
    const root = roots.find((candidate) => below(path, candidate) !== undefined);
    const guessed = root === undefined ? undefined : insideRoot(below(path, root)!);
    if (guessed !== undefined) return { base: "repository", path: guessed };
    // `-trimpath` writes module paths.
    if (origin === "third-party" && !isAbsolutePath(path)) return { base: "module-cache", path };
    return { base: "elsewhere", path };
  };
}

/** A frame of each function and file in some findings, symptoms included. */
function framesOf(findings: readonly Finding[]): readonly ReportFrame[] {
  const found = new Map<string, ReportFrame>();
  const add = (frame: ReportFrame): void => {
    const key = `${frame.function}\n${frame.file}`;
    if (!found.has(key)) found.set(key, frame);
  };
  for (const top of findings)
    for (const { roles } of withSymptoms(top))
      for (const { stacks } of roles)
        for (const { frames, createdBy } of stacks) {
          frames.forEach(add);
          if (createdBy) add(createdBy);
        }
  return [...found.values()];
}

/**
 * The frame that stands for a finding where only one can be shown: a decisive one of a file in the repository, else any
 * other of the repository, else a decisive one wherever it is.
 */
export function primaryFrame(
  finding: Pick<Finding, "roles">,
  placeOf: (frame: FileOfFrame) => FilePlace,
): ReportFrame | undefined {
  const frames = participating(finding).flatMap((role) => role.stacks.flatMap((stack) => stack.frames));
  const named = frames.filter((frame) => frame.file !== "" && frame.line > 0);
  const inside = named.filter((frame) => placeOf(frame).base === "repository");
  return (
    inside.find((frame) => frame.decisive) ?? inside[0] ?? named.find((frame) => frame.decisive) ?? named[0]
  );
}

/** The directory that all of the program's own files outside the repository share; "" for none. */
function commonDirectory(frames: readonly ReportFrame[], placeOf: (frame: FileOfFrame) => FilePlace): string {
  let common: string[] | undefined;
  for (const frame of frames) {
    const { base, path } = placeOf(frame);
    if (base !== "elsewhere" || !isAbsolutePath(path)) continue;
    if (originOf(parseSymbol(frame.function), path) !== "own") continue;
    const dirs = path.split("/").slice(0, -1);
    const shared: string[] | undefined = common;
    common = shared === undefined ? dirs : dirs.slice(0, commonPrefix(shared, dirs));
  }
  // The last element stays in what is shown: `server/metrics.go` says more than `metrics.go`.
  return (common ?? []).slice(0, -1).join("/");
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** Names of one report as formats for people show them. */
export interface Names {
  /** Without the directories of the package, unless `verbose`. */
  function(name: string): string;
  /** `server/metrics.go:95`; the file alone when the line is unknown, "" when the file is. */
  location(frame: Pick<ReportFrame, "function" | "file" | "line">): string;
  /** A sentence of a finding, with the files and packages in it shortened in the same way. */
  prose(text: string): string;
}

/** The names of a report's findings, shortened so that they stay recognisable and the same everywhere in it. */
export function namesOf(report: Report, options: PathOptions & Pick<ReporterOptions, "verbose">): Names {
  const frames = framesOf(report.findings);
  const placeOf = placing(frames, options);
  const common = commonDirectory(frames, placeOf);
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const file = (frame: FileOfFrame): string => {
    const { path } = placeOf(frame);
    return (common === "" ? undefined : below(path, common)) ?? path;
  };
  for (const frame of frames) {
    files.set(frame.file, file(frame));
    packages.add(parseSymbol(frame.function).package);
  }
  const shorten = options.verbose ? (name: string) => name : shortFunction;
  return {
    function: shorten,
    location: (frame) => {
      const path = files.get(frame.file) ?? file(frame);
      return frame.line > 0 ? `${path}:${frame.line}` : path;
    },
    prose: (text) =>
      text
        .split(" ")
        .map((word) => shortWord(word, files, packages, shorten))
        .join(" "),
  };
}

/** One word of a sentence: `/src/a/b.go:12,` or `example.com/b.(*T).run`; anything that no frame names stays. */
function shortWord(
  word: string,
  files: ReadonlyMap<string, string>,
  packages: ReadonlySet<string>,
  shorten: (name: string) => string,
): string {
  if (!word.includes("/")) return word;
  const start = word.search(/[^"'`(]/);
  if (start < 0) return word;
  const bare = word.slice(start);
  const extension = bare.search(/\.(?:go|s|c)(?![A-Za-z0-9_])/);
  if (extension > 0) {
    const end = bare.indexOf(".", extension) + (bare.startsWith(".go", extension) ? 3 : 2);
    const short = files.get(bare.slice(0, end));
    if (short !== undefined) return word.slice(0, start) + short + bare.slice(end);
  }
  return packages.has(parseSymbol(bare).package) ? word.slice(0, start) + shorten(bare) : word;
}
