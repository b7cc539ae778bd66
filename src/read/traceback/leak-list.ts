import { type Header, parseHeader } from "./header.ts";
import type { RecordSink } from "./record.ts";

const begins = /^[[ ]Goroutine (\d{1,20}) in state /;
const ends = " on top of the stack:";
const bracket = 0x5b;
const space = 0x20;
const capital = 0x47;

/**
 * The list that go.uber.org/goleak reports, with headers of its own. Before 1.3 the runtime's header follows each; an
 * opening bracket stands before the first, and a closing one on a line behind the last:
 *
 *     [Goroutine 8 in state chan receive, with main.f on top of the stack:
 *     main.f()
 *     	/src/main.go:12 +0x1d
 *      Goroutine 9 in state chan send, with main.g on top of the stack:
 *     …
 *     ]
 */
export class LeakList {
  /** Its closing bracket is still to come. */
  open = false;
  /** The header of the line before, behind which the runtime's may follow. */
  announced: { readonly header: Header; readonly line: number } | undefined;

  /** Takes the header of an entry. @returns whether it is one, and of a new list */
  take(line: string, number: number): "first" | "next" | undefined {
    const first = line.charCodeAt(0);
    if ((first !== bracket && first !== space) || line.charCodeAt(1) !== capital) return undefined;
    const header = headerOf(line);
    if (header === undefined) return undefined;
    this.announced = { header, line: number };
    this.open = true;
    return first === bracket ? "first" : "next";
  }

  /** The line ends the list. */
  closes(line: string): boolean {
    if (!this.open || line !== "]") return false;
    this.open = false;
    return true;
  }

  /** The input ends. */
  miss(line: number, sink: RecordSink): void {
    const message = "the input ends before goleak's list does: goroutines are missing";
    if (this.open) sink.cut({ line, message, lost: -1 });
  }
}

/** What goleak calls the state is all between the first bracket of the runtime's header and its colon or last bracket. */
function headerOf(line: string): Header | undefined {
  const found = begins.exec(line);
  const behind = line.lastIndexOf(", with ");
  if (found === null || behind < found[0].length || !line.endsWith(ends)) return undefined;
  const state = line.slice(found[0].length, behind);
  const labelled = state.includes("] {") && state.endsWith("}");
  return parseHeader(`goroutine ${found[1]} [${state}${labelled ? "" : "]"}:`);
}
