import type { ReadProblem } from "../../model/dump.ts";
import { parseFunctionLine, parsePositionLine } from "./frame-lines.ts";

/** Where frames that belong to no goroutine were found. */
interface Found {
  readonly line: number;
  readonly text: string;
  /** The input begins with them. */
  readonly first: boolean;
  /** The input begins with what may be the end of an offset, and any number. */
  readonly number?: boolean;
  /** They stand directly behind a goroutine, or before one: they are one whose header is missing. */
  near: boolean;
  /** Goroutines that they are of, at least. */
  blocks: number;
}

/**
 * Frames outside of any goroutine: the header of theirs is missing, broken, or was before what was kept of the input.
 * Beside a goroutine they are a lost one; on their own in a log they may be any text that looks so.
 */
export class StrayFrames {
  #found: Found | undefined;
  /** The last line was one of theirs. */
  #open = false;
  /** Lines since the last frame. */
  #since = 0;
  #previous = "";
  #beforePrevious = "";
  /** The header is there but was not understood, which is known. */
  #explained = false;
  /** The first line, when it is a number, until the next line comes. */
  #number: string | undefined;

  /** A header came that was not understood: the frames below it are its own. */
  explain(): void {
    this.#explained = true;
  }

  blank(): void {
    // Goroutines end with a blank line; a program that prints a number and then a dump hardly prints one between.
    if (this.#number !== undefined) {
      this.#found = { line: 1, text: this.#number, first: true, number: true, near: false, blocks: 1 };
      this.#since = 0;
      this.#number = undefined;
    }
    this.#open = false;
    this.#explained = false;
    this.#previous = "";
  }

  /** A panic or a signal begins here, before which a program may have printed any number. */
  preamble(): void {
    if (this.#found?.number === true) this.#found = undefined;
    this.#number = undefined;
  }

  /**
   * Takes a line that is part of no goroutine.
   * @param number 1-based
   * @param foreign such lines since the last goroutine, this one included; `undefined` when there was none
   */
  line(line: string, number: number, foreign: number | undefined): void {
    const [before, previous] = [this.#beforePrevious, this.#previous];
    this.#beforePrevious = previous;
    this.#previous = line;
    this.#since++;
    this.#number = number === 1 && endOfOffset.test(line) ? line : undefined;
    if (this.#explained) return;
    const position = parsePositionLine(line);
    const first = number <= 2 && (position?.hasOffset === true || (number === 1 && endOfPosition.test(line)));
    if (position === undefined && !first) return;
    const frame =
      /^[\t ]/.test(line) &&
      (position?.hasOffset === true || parseFunctionLine(previous) || previous.startsWith("created by "));
    if (!frame && !first) return;
    // Only the runtime writes offsets: frames with which the input begins are of a goroutine before it.
    const begins = number <= 3 && (position?.hasOffset === true || (number === 1 && certainEnd.test(line)));
    const behind = begins || foreign === 2 || (foreign === 3 && looksBroken(before));
    const goesOn = this.#since <= 2 || (this.#since === 3 && looksBroken(before));
    if (this.#found === undefined)
      this.#found = { line: Math.max(1, number - 1), text: previous, first, near: behind, blocks: 1 };
    else if (!this.#open && goesOn) this.#found.blocks++;
    if (begins) this.#found.near = true;
    if (goesOn || this.#found.blocks === 1) this.#since = 0;
    this.#open = true;
  }

  /**
   * What is to be said of the frames so far.
   * @param header a goroutine's header is what comes now
   */
  report(header: boolean): (ReadProblem & { readonly first: boolean }) | undefined {
    const found = this.#found;
    const near = found?.near === true || (header && this.#since === 0);
    this.#found = undefined;
    this.#open = false;
    this.#explained = false;
    this.#number = undefined;
    this.#previous = "";
    this.#beforePrevious = "";
    if (found === undefined) return undefined;
    const { line, text, first, blocks } = found;
    const message =
      first && near
        ? "the input begins in the middle of a goroutine: those before it are missing, if there were any"
        : "frames that belong to no goroutine; its header is missing";
    return { line, text, message, lost: near ? blocks : 0, first: first && near };
  }
}

/** The last digits of an offset, or any number. */
const endOfOffset = /^(?:0?x)?[0-9a-f]{1,16}$/;

/** What is left of a position's line that is cut at its beginning. */
const endOfPosition =
  /^(?: ?\+0x[0-9a-f]{1,16}|\S*\d \+0x[0-9a-f]{1,16})$|(?:^|^c|(?:^| )[fsp][pc])=0x[0-9a-f]{1,16}$/;

/** The same, which nothing else looks like. */
const certainEnd =
  /^\S{0,200}\d \+0x[0-9a-f]{1,16}(?: fp=0x|$)|(?:^| )sp=0x[0-9a-f]{1,16} pc=0x[0-9a-f]{1,16}$/;

/** A header with something wrong in it. */
function looksBroken(line: string): boolean {
  return /^goroutine \d|[\]}]:$/.test(line);
}
