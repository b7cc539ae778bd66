import type { FrameArguments } from "../../model/arguments.ts";
import type { DumpEvent, ReadProblem } from "../../model/dump.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { StackExtent } from "../../model/stack.ts";
import type { Header } from "./header.ts";

/** What a goroutine's text says beside its calls. */
export interface StackText {
  readonly header: Header;
  readonly extent: StackExtent;
  readonly gapAt: number | undefined;
  readonly elided: number;
  /** How the arguments are written: with braces, with `?`. */
  readonly braces: boolean;
  readonly marked: boolean;
  /** The oldest Go minor version that writes the text like this, beside what the header says. */
  readonly sinceMinor: number;
}

/** All that a goroutine's text says and that its id, minutes, creator and arguments don't change. */
export interface RecordShape extends StackText {
  /** Innermost first; their arguments are those of the goroutine that the shape was first seen in. */
  readonly frames: readonly FrameDraft[];
  readonly createdBy: FrameDraft | undefined;
}

/** One goroutine as the text shows it. */
export interface TracebackRecord {
  readonly shape: RecordShape;
  /** 1-based line of the header. */
  readonly line: number;
  readonly id: number;
  readonly minutes: number;
  /** NaN when unknown. */
  readonly creator: number;
  /** For each frame of the shape. */
  readonly args: readonly FrameArguments[];
}

/** What the lines of a traceback turn into, in the order of the text. */
export interface RecordSink {
  record(record: TracebackRecord): void;
  /** A goroutine of the dump that is being read has this header, and frames. */
  shows(header: Header): boolean;
  /** What it shows is named again, by its header alone. */
  repeat(): void;
  /** @param continues it belongs to the dump that is being read; otherwise goroutines after it are another dump */
  event(event: DumpEvent, continues: boolean): void;
  problem(problem: ReadProblem): void;
  /**
   * The input ends in the middle of something.
   * @param inGoroutine the last goroutine is not whole
   */
  cut(problem: ReadProblem, inGoroutine?: boolean): void;
  /** `-----`: a crash dump goes on with the next thread. */
  separator(): void;
  /** Many lines in a row were no traceback. */
  stretch(): void;
  /**
   * A line was no traceback: another format may begin in it.
   * @param open a goroutine came before it that is still to be handed over
   */
  foreign(text: string, line: number, open: boolean): void;
}
