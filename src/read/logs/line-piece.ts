import type { ReadProblem } from "../../model/dump.ts";

/** A line, or a piece of one that is too long to be held. */
export interface LinePiece {
  readonly text: string;
  /** 1-based number of the line. */
  readonly from: number;
  /** It is the line's first piece, and its last. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/** Where an unwrapped log goes to. */
export interface LogOutput {
  readonly emit: (piece: LinePiece) => void;
  /** Takes what is missing of the log itself. */
  readonly problem: (problem: ReadProblem) => void;
  /** A piece of a long line shows a goroutine and is not known to lie in a field. */
  readonly missed: () => void;
}

/** One thing that a log wraps around a line. */
export interface Layer {
  /** The line of a header that this layer takes the wrapping off. */
  explains(line: string): boolean;
  /** The pieces of the line that follow belong to it. */
  readonly goesOn: boolean;
  /**
   * The innermost layer, when nothing is kept of the lines before: what comes of the next line depends on that line alone.
   * `undefined`: it may not.
   */
  readonly steady: Layer | undefined;
  /** Takes the wrapping off and hands on what is left. */
  take(piece: LinePiece): void;
  /** The line that comes next is the last and has no end: it may be cut in what the log puts before its text. */
  lastLineIsOpen(): void;
  end(): void;
}

/** A line whose parts don't come to an end is passed on in pieces of this many characters. */
export const maxPartial: number = 1 << 20;

/**
 * Where text that must be parted is parted, so that no goroutine's header is: before the last `g` if it is near.
 * @returns an index of at least 1
 */
export function partingPlace(text: string): number {
  const at = text.lastIndexOf("g");
  return at > 0 && at > text.length - 40 ? at : text.length;
}
