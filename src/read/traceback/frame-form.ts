import type { ReadProblem } from "../../model/dump.ts";

const none: readonly ReadProblem[] = [];

/** Whether a goroutine's frames have lines of their own for their places, as Go writes them, or none, as people do. */
export class FrameForm {
  // Made when there is one: most goroutines have none.
  #joined: ReadProblem[] | undefined;
  /** A place stood on a line of its own. */
  isGo = false;

  /** A frame and its place stood on one line. @param problem what that is where others do not */
  joined(problem: ReadProblem): void {
    this.#joined ??= [];
    this.#joined.push(problem);
  }

  /** Among frames with two lines, those on one have lost a line's end. */
  get problems(): readonly ReadProblem[] {
    return (this.isGo ? this.#joined : undefined) ?? none;
  }
}

const endOfPlace = /\S:\d{1,9} \+0x[0-9a-f]{1,16}$/;
const endOfCall = /[\w)]\((?:0x[0-9a-f]{1,16}\??|[{}_, ]|\.\.\.)*\)$/;

/** Lines of a goroutine that were not understood. */
export class UnreadLines {
  /** One ends as only places do: with an offset. */
  #places = false;
  /** One ends as functions' lines do, and others, too. */
  #calls = false;

  take(line: string): void {
    this.#places ||= endOfPlace.test(line);
    this.#calls ||= line.includes(".") && endOfCall.test(line);
  }

  /** @param none no frame was understood */
  haveFrames(none: boolean): boolean {
    return this.#places || (none && this.#calls);
  }
}
