import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { addTo } from "../add-to.ts";
import { UsageError } from "../errors.ts";

/** Something in the source roots that was left aside, and why; one per file and reason. */
export interface SourceProblem {
  /** Path as found; absolute. */
  readonly path: string;
  readonly message: string;
}

/** Go source files larger than this are not read. */
export const sourceFileLimit = 4 * 1024 * 1024;
/** Directory entries looked at for the index of a root. */
const indexLimit = 300_000;

const skippedDirectories: ReadonlySet<string> = new Set([".git", ".hg", ".svn", "node_modules"]);

/**
 * The disk below the source roots. Nothing outside of them is read: a path whose real path lies elsewhere
 * (a symlink out of the root) is refused, and said in `problems`.
 */
export class SourceFiles {
  readonly roots: readonly string[];
  readonly #realRoots: readonly string[];
  readonly #problems = new Map<string, SourceProblem>();
  readonly #texts = new Map<string, string | undefined>();
  readonly #folders = new Map<string, readonly string[]>();
  #byName: ReadonlyMap<string, readonly string[]> | undefined;

  /** @throws UsageError when a root is not a directory */
  constructor(roots: readonly string[]) {
    this.roots = roots.map((root) => path.resolve(root));
    this.#realRoots = this.roots.map(realRoot);
  }

  get problems(): readonly SourceProblem[] {
    return [...this.#problems.values()];
  }

  /** Records what was left aside, once for each path and message. */
  report(file: string, message: string): void {
    this.#problems.set(`${file}\u0000${message}`, { path: file, message });
  }

  /** True when the path is a file that lies, symlinks followed, inside a root. */
  isFile(file: string): boolean {
    if (file.includes("\u0000")) return false;
    try {
      if (!this.#lexicallyInside(file) || !statSync(file).isFile()) return false;
      return this.#inside(file);
    } catch {
      return false;
    }
  }

  /** The file's text; undefined when it can't or may not be read (`problems` says why). */
  read(file: string): string | undefined {
    if (!this.#texts.has(file)) this.#texts.set(file, this.#read(file));
    return this.#texts.get(file);
  }

  /** Names of the `.go` files of a directory, sorted. */
  goFilesOf(directory: string): readonly string[] {
    let names = this.#folders.get(directory);
    if (names === undefined) {
      names = this.#list(directory);
      this.#folders.set(directory, names);
    }
    return names;
  }

  /** All `.go` files of this base name anywhere in the roots; walks the roots at the first call. */
  named(baseName: string): readonly string[] {
    this.#byName ??= this.#index();
    return this.#byName.get(baseName) ?? [];
  }

  /** The path as reports show it: relative to its root, with `/`. */
  display(file: string): string {
    const root = this.roots.find((r) => isBelow(file, r));
    return (root === undefined ? file : path.relative(root, file)).split(path.sep).join("/");
  }

  #lexicallyInside(file: string): boolean {
    return this.roots.some((root) => isBelow(path.resolve(file), root));
  }

  #inside(file: string): boolean {
    const real = realpathSync(file);
    if (this.#realRoots.some((root) => isBelow(real, root))) return true;
    this.report(file, "is a symbolic link out of the source root, and was not followed");
    return false;
  }

  #read(file: string): string | undefined {
    if (!this.isFile(file)) return undefined;
    try {
      // Opened without blocking and checked again: what is at the path may change, and a pipe would hang us.
      const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        const stat = fstatSync(handle);
        if (!stat.isFile()) return undefined;
        if (stat.size > sourceFileLimit) {
          this.report(file, `is larger than ${sourceFileLimit / 1024 / 1024} MiB, and was not read`);
          return undefined;
        }
        return readFileSync(handle, "utf8");
      } finally {
        closeSync(handle);
      }
    } catch (cause) {
      this.report(file, `can't be read (${(cause as NodeJS.ErrnoException).code ?? "unknown error"})`);
      return undefined;
    }
  }

  #list(directory: string): readonly string[] {
    try {
      if (!this.#lexicallyInside(directory) || !this.#inside(directory)) return [];
      return readdirSync(directory)
        .filter((name) => name.endsWith(".go"))
        .sort();
    } catch {
      return [];
    }
  }

  #index(): ReadonlyMap<string, readonly string[]> {
    const byName = new Map<string, string[]>();
    let seen = 0;
    const pending = [...this.roots].reverse();
    while (pending.length > 0) {
      const directory = pending.pop()!;
      let entries: import("node:fs").Dirent[];
      try {
        entries = readdirSync(directory, { withFileTypes: true });
      } catch {
        this.report(directory, "can't be listed, and was left out");
        continue;
      }
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const entry of entries) {
        if (++seen > indexLimit) {
          this.report(
            directory,
            `the roots hold more than ${indexLimit} entries; files from here on were not looked for`,
          );
          return byName;
        }
        const full = path.join(directory, entry.name);
        if (entry.isDirectory() && !skippedDirectories.has(entry.name)) pending.push(full);
        else if (entry.name.endsWith(".go") && (entry.isFile() || this.isFile(full))) {
          addTo(byName, entry.name, full);
        }
      }
    }
    return byName;
  }
}

function realRoot(root: string): string {
  try {
    if (statSync(root).isDirectory()) return realpathSync(root);
  } catch (cause) {
    throw new UsageError(`--source-root ${root}: no such directory`, { cause });
  }
  throw new UsageError(`--source-root ${root} is not a directory`);
}

function isBelow(file: string, root: string): boolean {
  const relative = path.relative(root, file);
  return (
    relative === "" ||
    (!path.isAbsolute(relative) && relative !== ".." && !relative.startsWith(`..${path.sep}`))
  );
}
