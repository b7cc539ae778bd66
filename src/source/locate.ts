import path from "node:path";
import { parseGoMod } from "./go-mod.ts";
import type { SourceFiles } from "./source-files.ts";

/** `--path-map from=to`: a prefix of the dump's paths and what stands for it here. */
export interface PathMap {
  readonly from: string;
  readonly to: string;
}

/** Where a frame's file is, or why it is not known. */
export type Located =
  /** `guessed`: only the end of the path agrees, so its package must be checked. */
  | { readonly file: string; readonly guessed: boolean; readonly reason?: undefined }
  | { readonly file?: undefined; readonly reason: string };

interface Candidate {
  readonly file: string;
  /** Trailing path segments that agree with the dump's path. */
  readonly score: number;
}

/**
 * Finds the files that a dump names below the source roots.
 * Exact paths and path maps come first, then go.mod's module path and replaces, then the longest agreeing
 * end of the path; several that agree equally are refused unless their text is the same.
 */
export class Locator {
  readonly #files: SourceFiles;
  readonly #maps: readonly PathMap[];
  readonly #modules: readonly { readonly prefix: string; readonly directory: string }[];
  readonly #known = new Map<string, Located>();

  constructor(files: SourceFiles, maps: readonly PathMap[]) {
    this.#files = files;
    this.#maps = [...maps].sort((a, b) => b.from.length - a.from.length);
    this.#modules = files.roots.flatMap((root) => modulesOf(files, root));
  }

  /** @param name a frame's file, as the dump writes it; `C:\` paths and `@version` parts are understood */
  locate(name: string): Located {
    let located = this.#known.get(name);
    if (located === undefined) {
      located = this.#locate(name.replaceAll("\\", "/"));
      this.#known.set(name, located);
    }
    return located;
  }

  /** The directory of an imported package, as far as modules and path ends show it; undefined when not found. */
  directoryOf(packagePath: string): string | undefined {
    for (const base of this.#bases(packagePath)) {
      if (this.#files.goFilesOf(base).length > 0) return base;
    }
    return undefined;
  }

  #locate(name: string): Located {
    if (name === "") return { reason: "the dump names no file" };
    if (name.startsWith("<")) return { reason: "written by the compiler, so it has no source" };
    if (!name.endsWith(".go")) return { reason: "not a Go file" };
    if (path.posix.basename(name).startsWith("_cgo_"))
      return { reason: "written by cgo, so it has no source" };
    const direct = this.#direct(name);
    if (direct !== undefined) return { file: direct, guessed: false };
    return this.#bySuffix(name);
  }

  #direct(name: string): string | undefined {
    for (const { from, to } of this.#maps) {
      const prefix = from.replaceAll("\\", "/");
      if (!startsWithPath(name, prefix)) continue;
      const rest = name.slice(prefix.length);
      for (const base of path.isAbsolute(to) ? [to] : this.#files.roots.map((root) => path.join(root, to))) {
        const file = path.join(base, rest);
        if (this.#files.isFile(file)) return file;
      }
    }
    if (path.isAbsolute(name))
      return this.#files.isFile(path.normalize(name)) ? path.normalize(name) : undefined;
    for (const base of this.#bases(path.posix.dirname(name))) {
      const file = path.join(base, path.posix.basename(name));
      if (this.#files.isFile(file)) return file;
    }
    return undefined;
  }

  /** Directories in which a package (or `-trimpath` directory, with `@version`) may lie, best first. */
  *#bases(packagePath: string): Generator<string> {
    const plain = withoutVersion(packagePath);
    for (const { prefix, directory } of this.#modules) {
      if (startsWithPath(plain, prefix)) yield path.join(directory, plain.slice(prefix.length));
    }
    for (const root of this.#files.roots) {
      for (const at of [
        packagePath,
        escapedModule(packagePath),
        `vendor/${plain}`,
        `src/${plain}`,
        `src/vendor/${plain}`,
        plain,
      ])
        yield path.join(root, at);
    }
  }

  #bySuffix(name: string): Located {
    const base = path.posix.basename(name);
    const wanted = segments(withoutVersion(name));
    let best: Candidate[] = [];
    for (const file of this.#files.named(base)) {
      const score = agreeing(wanted, segments(withoutVersion(file.split(path.sep).join("/"))));
      if (best.length === 0 || score > best[0]!.score) best = [{ file, score }];
      else if (score === best[0]!.score) best.push({ file, score });
    }
    if (best.length === 0) return { reason: "no file of this name in the source roots" };
    best.sort((a, b) => (a.file < b.file ? -1 : 1));
    const first = best[0]!;
    if (first.score < 2 && wanted.length > 1 && path.posix.dirname(name) !== ".") {
      const inRoot = best.filter((c) => this.#files.roots.includes(path.dirname(c.file)));
      if (inRoot.length === 1) return { file: inRoot[0]!.file, guessed: true };
      return { reason: "only files of other directories have this name" };
    }
    if (best.length > 1 && !this.#same(best)) {
      const names = best
        .map((c) => this.#files.display(c.file))
        .sort()
        .slice(0, 3);
      return {
        reason: `ambiguous: ${names.join(", ")}${best.length > 3 ? " …" : ""} fit equally well; use --path-map`,
      };
    }
    return { file: first.file, guessed: true };
  }

  #same(candidates: readonly Candidate[]): boolean {
    const [first, ...rest] = candidates.slice(0, 8);
    if (candidates.length > 8) return false;
    const text = this.#files.read(first!.file);
    return text !== undefined && rest.every((c) => this.#files.read(c.file) === text);
  }
}

/** Module path and replaced module paths of a root's go.mod, and the directories that hold them. */
function modulesOf(files: SourceFiles, root: string): { prefix: string; directory: string }[] {
  const text = files.read(path.join(root, "go.mod"));
  if (text === undefined) return [];
  const { module, replaces } = parseGoMod(text);
  const found = module === "" ? [] : [{ prefix: module, directory: root }];
  for (const { from, to, version } of replaces) {
    if (to.startsWith(".") || path.isAbsolute(to))
      found.push({ prefix: from, directory: path.resolve(root, to) });
    else
      for (const base of files.roots) {
        found.push({
          prefix: from,
          directory: path.join(base, escapedModule(version ? `${to}@${version}` : to)),
        });
        found.push({ prefix: to, directory: path.join(base, "vendor", from) });
      }
    for (const base of files.roots) found.push({ prefix: to, directory: path.join(base, "vendor", from) });
  }
  return found.sort((a, b) => b.prefix.length - a.prefix.length);
}

function segments(file: string): readonly string[] {
  return file.split("/").filter((s) => s !== "");
}

/** Number of equal segments at the ends of both. */
function agreeing(a: readonly string[], b: readonly string[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[a.length - 1 - n] === b[b.length - 1 - n]) n++;
  return n;
}

function startsWithPath(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false;
  return name.length === prefix.length || prefix.endsWith("/") || name[prefix.length] === "/";
}

/** `a/b@v1.2.3/c.go` → `a/b/c.go`; upper case as the module cache writes it (`!azure`) is undone. */
function withoutVersion(name: string): string {
  return name
    .split("/")
    .map((s) => {
      const at = s.indexOf("@");
      return unescapedModule(at > 0 ? s.slice(0, at) : s);
    })
    .join("/");
}

function unescapedModule(segment: string): string {
  if (!segment.includes("!")) return segment;
  return segment
    .split("!")
    .map((part, i) => (i === 0 ? part : part.slice(0, 1).toUpperCase() + part.slice(1)))
    .join("");
}

/** `github.com/Azure/x@v1` → `github.com/!azure/x@v1`, the module cache's spelling. */
function escapedModule(name: string): string {
  let out = "";
  for (const c of name) out += c >= "A" && c <= "Z" ? `!${c.toLowerCase()}` : c;
  return out;
}
