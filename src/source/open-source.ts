import type { Dump } from "../model/dump.ts";
import type { Frame, Stack } from "../model/stack.ts";
import type { ReportSourceLine } from "../report/report.ts";
import { describeOperation } from "./describe-operation.ts";
import { DumpFrames } from "./dump-frames.ts";
import { Expressions } from "./expression.ts";
import { type FrameSource, FrameSources } from "./frame-source.ts";
import { loadGoParser } from "./go-parser.ts";
import { Locator, type PathMap } from "./locate.ts";
import { SourceCode } from "./source-code.ts";
import type { StackFacts } from "./source-facts.ts";
import { SourceFiles, type SourceProblem } from "./source-files.ts";
import { StackFactsReader } from "./stack-facts.ts";
import { Types } from "./types.ts";

export interface SourceOptions {
  /** Directories given with `--source-root`; nothing outside of them is read. */
  readonly roots: readonly string[];
  /** `--path-map`. */
  readonly pathMaps?: readonly PathMap[];
}

/** Go source beside dumps. Files are found, read and parsed when something asks for them. */
export class Source {
  readonly #files: SourceFiles;
  readonly #code: SourceCode;
  readonly #frames: FrameSources;
  readonly #expressions: Expressions;

  constructor(files: SourceFiles, code: SourceCode, locator: Locator) {
    this.#files = files;
    this.#code = code;
    this.#expressions = new Expressions(new Types(code));
    this.#frames = new FrameSources(code, locator, this.#expressions);
  }

  /** What was left aside so far, and why. */
  get problems(): readonly SourceProblem[] {
    return this.#files.problems.map((p) => ({ path: this.#files.display(p.path), message: p.message }));
  }

  /** How many files were parsed so far. */
  get parsedFiles(): number {
    return this.#code.parsedFiles;
  }

  /** The source as evidence for one dump, all of whose frames vouch for it. */
  forDump(dump: Dump): DumpSource {
    const frames = new DumpFrames(this.#frames, dump);
    const display = (file: string) => this.#files.display(file);
    return new DumpSource(frames, new StackFactsReader(frames, this.#expressions, display), this.#files);
  }
}

/** What the source says of the stacks of one dump; each stack is looked at once. */
export class DumpSource {
  readonly #frames: DumpFrames;
  readonly #reader: StackFactsReader;
  readonly #files: SourceFiles;
  readonly #facts = new Map<Stack, StackFacts>();

  constructor(frames: DumpFrames, reader: StackFactsReader, files: SourceFiles) {
    this.#frames = frames;
    this.#reader = reader;
    this.#files = files;
  }

  /** The facts of a stack of the dump. */
  facts(stack: Stack): StackFacts {
    let facts = this.#facts.get(stack);
    if (facts === undefined) {
      facts = this.#reader.read(stack);
      this.#facts.set(stack, facts);
    }
    return facts;
  }

  /** What the goroutines of the stack wait at, in words: `send on m.in (field in of main.Metrics)`; "" when unknown. */
  describe(stack: Stack): string {
    const { site } = this.facts(stack);
    if (site === undefined) return "";
    return site.key === "" ? describeOperation(site) : `${describeOperation(site)} (${site.description})`;
  }

  /**
   * Source lines at and around a frame, for reports; undefined when its source is not found or does not match.
   * @param index into `stack.frames`; -1 for `createdBy`
   * @param around lines before and behind
   * @param notes words beside lines, by line number
   */
  snippet(
    stack: Stack,
    index: number,
    around = 1,
    notes: ReadonlyMap<number, string> = new Map(),
  ): readonly ReportSourceLine[] | undefined {
    const frame: Frame | undefined = index < 0 ? stack.createdBy : stack.frames[index];
    const code = frame && this.#frames.find({ stack, index }).code;
    if (code === undefined) return undefined;
    const wanted = new Set<number>(notes.keys());
    const { node } = code.fn;
    const first = Math.max(node.line, code.line - around);
    for (let line = first; line <= Math.min(node.endLine, code.line + around); line++) wanted.add(line);
    return linesOf(code.file.text, wanted, notes);
  }

  /**
   * A frame's source, or why it is not at hand.
   * @param index into `stack.frames`; -1 for `createdBy`
   */
  frame(stack: Stack, index: number): FrameSource {
    return this.#frames.find({ stack, index });
  }

  /** Path of a frame's file as reports show it, relative to its root; undefined when not found. */
  pathOf(stack: Stack, index: number): string | undefined {
    const { path } = this.#frames.find({ stack, index });
    return path === "" ? undefined : this.#files.display(path);
  }
}

/** Lines of a text, longer ones cut. */
function linesOf(
  text: string,
  wanted: ReadonlySet<number>,
  notes: ReadonlyMap<number, string>,
): readonly ReportSourceLine[] {
  const lines = text.split("\n");
  const found: ReportSourceLine[] = [];
  for (const line of [...wanted].sort((a, b) => a - b)) {
    const content = lines[line - 1];
    if (content === undefined) continue;
    const note = notes.get(line);
    const shown = content.trimEnd().slice(0, 200);
    found.push(note === undefined ? { line, text: shown } : { line, text: shown, note });
  }
  return found;
}

/**
 * Opens source roots; loads the Go grammar.
 * @throws UsageError when a root is no directory
 */
export async function openSource(options: SourceOptions): Promise<Source> {
  const files = new SourceFiles(options.roots);
  const locator = new Locator(files, options.pathMaps ?? []);
  return new Source(files, new SourceCode(files, locator, await loadGoParser()), locator);
}
