import path from "node:path";
import { isStandardPackage } from "../model/origin.ts";
import { type GoFile, type GoFunction, type GoType, type GoVariable, indexFile } from "./go-file.ts";
import type { GoParser } from "./go-parser.ts";
import type { Locator } from "./locate.ts";
import type { SourceFiles } from "./source-files.ts";

/** All files together that are parsed at most, in characters of text. */
const parseLimit = 48 * 1024 * 1024;

/** A package as the code of one of its files sees it. */
export interface PackageView {
  /** Path as symbols of the dump write it: `main`, `github.com/a/b`. */
  readonly path: string;
  readonly directory: string;
  /** Name of the package clause. */
  readonly name: string;
}

type Declaration = GoType | GoFunction | GoVariable;

/** Parsed files and what packages declare; files are parsed when something in them is asked for, once. */
export class SourceCode {
  readonly files: SourceFiles;
  readonly #parse: GoParser;
  readonly #locator: Locator;
  readonly #parsed = new Map<string, GoFile | undefined>();
  readonly #found = new Map<string, readonly Declaration[]>();
  readonly #learned = new Map<string, string[]>();
  #characters = 0;

  constructor(files: SourceFiles, locator: Locator, parse: GoParser) {
    this.files = files;
    this.#locator = locator;
    this.#parse = parse;
  }

  /** The parsed file; undefined when it can't be used (`files.problems` says why). */
  file(name: string): GoFile | undefined {
    if (!this.#parsed.has(name)) this.#parsed.set(name, this.#open(name));
    return this.#parsed.get(name);
  }

  /** Number of files parsed so far. */
  get parsedFiles(): number {
    return this.#parsed.size;
  }

  /** The package that a file belongs to. */
  packageOf(file: GoFile, packagePath: string): PackageView {
    return { path: packagePath, directory: path.dirname(file.path), name: file.packageName };
  }

  /** The package that a qualifier (`http` in `http.Server`) stands for; its files need not be at hand. */
  imported(file: GoFile, qualifier: string): string | undefined {
    const named = file.imports.find((i) => i.name === qualifier);
    if (named !== undefined) return named.path;
    return file.imports.find((i) => i.name === "" && usualName(i.path).includes(qualifier))?.path;
  }

  /** Remembers where a dump shows a package's files to be. */
  learn(packagePath: string, file: string): void {
    const directory = path.dirname(file);
    const known = this.#learned.get(packagePath);
    if (known === undefined) this.#learned.set(packagePath, [directory]);
    else if (!known.includes(directory)) known.push(directory);
  }

  /** Directories that were learned for a package; several for `main` when dumps of several programs are read. */
  learnedDirectories(packagePath: string): readonly string[] {
    return this.#learned.get(packagePath) ?? [];
  }

  /** View of a package by its import path; undefined when it is not in the roots. */
  packageAt(importPath: string): PackageView | undefined {
    // Of the standard library the names say enough; opening it would cost hundreds of files.
    if (isStandardPackage(importPath)) return undefined;
    const directory = this.#learned.get(importPath)?.[0] ?? this.#locator.directoryOf(importPath);
    return directory === undefined ? undefined : this.packageIn(directory, importPath);
  }

  /** View of the package in a directory, under the path that symbols give it. */
  packageIn(directory: string, importPath: string): PackageView | undefined {
    const names = this.files.goFilesOf(directory).filter((n) => !n.endsWith("_test.go"));
    const first = names.length === 0 ? undefined : this.file(path.join(directory, names[0]!));
    return first && { path: importPath, directory, name: first.packageName };
  }

  /** The type of this name; undefined when missing, or different in several files (build tags). */
  typeOf(pkg: PackageView, name: string, near: GoFile | undefined): GoType | undefined {
    const words = [`type ${name} `, `type ${name}[`, `\t${name} `, `\t${name}[`];
    return this.#one(pkg, name, near, `type\u0000${name}`, words, (f) =>
      f.types.filter((t) => t.name === name),
    );
  }

  /** The function (receiver "") or method of this name. */
  functionOf(
    pkg: PackageView,
    receiver: string,
    name: string,
    near: GoFile | undefined,
  ): GoFunction | undefined {
    const words = receiver === "" ? [`func ${name}(`, `func ${name}[`] : [`) ${name}(`];
    return this.#one(pkg, name, near, `func\u0000${receiver}\u0000${name}`, words, (f) =>
      f.functions.filter((fn) => fn.name === name && fn.receiver === receiver),
    );
  }

  /** The package variable of this name. */
  variableOf(pkg: PackageView, name: string, near: GoFile | undefined): GoVariable | undefined {
    const words = [`var ${name}`, `\n\t${name} `, `\n\t${name},`, `, ${name} `];
    return this.#one(pkg, name, near, `var\u0000${name}`, words, (f) =>
      f.variables.filter((v) => v.name === name),
    );
  }

  /** Parsed files of the package that contain one of the texts; the others are not parsed. */
  filesWith(pkg: PackageView, words: readonly string[], near: GoFile | undefined): readonly GoFile[] {
    const tests = near?.path.endsWith("_test.go") ?? false;
    const found: GoFile[] = [];
    for (const name of this.files.goFilesOf(pkg.directory)) {
      if (name.endsWith("_test.go") && !tests) continue;
      const full = path.join(pkg.directory, name);
      const text = this.files.read(full);
      if (text === undefined || !words.some((w) => text.includes(w))) continue;
      const file = this.file(full);
      if (file !== undefined && file.packageName === pkg.name) found.push(file);
    }
    return found;
  }

  #one<T extends Declaration>(
    pkg: PackageView,
    name: string,
    near: GoFile | undefined,
    what: string,
    words: readonly string[],
    of: (file: GoFile) => readonly T[],
  ): T | undefined {
    if (near !== undefined && path.dirname(near.path) === pkg.directory) {
      const here = of(near);
      if (here.length === 1) return here[0];
    }
    const key = `${pkg.directory}\u0000${pkg.name}\u0000${near?.path.endsWith("_test.go") === true}\u0000${what}`;
    let all = this.#found.get(key) as readonly T[] | undefined;
    if (all === undefined) {
      all = this.filesWith(pkg, words, near).flatMap(of);
      this.#found.set(key, all);
      if (all.length > 1 && name !== "init" && name !== "_")
        this.files.report(
          all[0]!.file.path,
          `${name} is also declared in ${path.basename(all[1]!.file.path)} (build tags); its declaration was used only where both agree`,
        );
    }
    const first = all[0];
    if (first === undefined || all.length === 1) return first;
    const text = declarationText(first);
    return all.every((d) => declarationText(d) === text) ? first : undefined;
  }

  #open(name: string): GoFile | undefined {
    const text = this.files.read(name);
    if (text === undefined) return undefined;
    if (hasLineDirective(text)) {
      this.files.report(
        name,
        "has //line directives (generated), so its line numbers mean other files; skipped",
      );
      return undefined;
    }
    this.#characters += text.length;
    if (this.#characters > parseLimit) {
      this.files.report(
        name,
        `more than ${parseLimit / 1024 / 1024} MiB of source would be parsed; skipped from here on`,
      );
      return undefined;
    }
    const { root, error } = this.#parse(text);
    if (root === undefined) {
      this.files.report(name, `${error}; skipped`);
      return undefined;
    }
    return indexFile(name, text, root);
  }
}

function declarationText(d: Declaration): string {
  if ("node" in d) return d.file.text.slice(d.node.from, d.node.to);
  const node = d.value ?? d.type;
  return node === undefined ? d.name : d.file.text.slice(node.from, node.to);
}

function hasLineDirective(text: string): boolean {
  return text.startsWith("//line ") || text.includes("\n//line ") || text.includes("/*line ");
}

/** Names under which a package of this path is probably known: `…/yaml.v3` → yaml, `…/go-redis/v9` → redis. */
function usualName(importPath: string): readonly string[] {
  const parts = importPath.split("/");
  let last = parts.at(-1) ?? "";
  if (isVersion(last) && parts.length > 1) last = parts.at(-2) ?? "";
  const dot = last.lastIndexOf(".");
  if (dot > 0 && isVersion(last.slice(dot + 1))) last = last.slice(0, dot);
  const names = [last];
  if (last.startsWith("go-")) names.push(last.slice(3));
  if (last.endsWith("-go")) names.push(last.slice(0, -3));
  return names;
}

function isVersion(text: string): boolean {
  if (text.length < 2 || text[0] !== "v") return false;
  for (const c of text.slice(1)) if (c < "0" || c > "9") return false;
  return true;
}
