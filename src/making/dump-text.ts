import type { Dump } from "../model/dump.ts";
import type { Frame, Stack } from "../model/stack.ts";
import type { WaitKind } from "../model/wait-kind.ts";

/** Wait reasons as Go writes them, for formats that have none. */
const reasons: Partial<Record<WaitKind, string>> = {
  "chan-send": "chan send",
  "chan-receive": "chan receive",
  "chan-send-nil": "chan send (nil chan)",
  "chan-receive-nil": "chan receive (nil chan)",
  "select-empty": "select (no cases)",
  "mutex-lock": "sync.Mutex.Lock",
  "rwmutex-rlock": "sync.RWMutex.RLock",
  "rwmutex-lock": "sync.RWMutex.Lock",
  "waitgroup-wait": "sync.WaitGroup.Wait",
  "cond-wait": "sync.Cond.Wait",
  semaphore: "semacquire",
  "io-wait": "IO wait",
};

/** Some goroutines of a dump as a Go traceback: what a test needs, without addresses. Lines end in `\n`. */
export function dumpText(dump: Dump, rows: readonly number[]): string {
  return rows.map((row) => goroutineText(dump, row)).join("\n");
}

function goroutineText(dump: Dump, row: number): string {
  const g = dump.goroutines;
  const stack = dump.stacks[g.stack[row]!]!;
  const id = Number.isNaN(g.id[row]!) ? row + 1 : g.id[row]!;
  const minutes = g.minutes[row]! > 0 ? `, ${g.minutes[row]} minutes` : "";
  const lines = [`goroutine ${id} [${reasonOf(stack)}${minutes}]:`, ...stack.frames.flatMap(frameLines)];
  if (stack.createdBy !== undefined) {
    const [, place] = frameLines(stack.createdBy);
    lines.push(
      `created by ${stack.createdBy.symbol.name} in goroutine 1`,
      ...(place === undefined ? [] : [place]),
    );
  }
  return `${lines.join("\n")}\n`;
}

function reasonOf(stack: Stack): string {
  return stack.reason !== "" && stack.wait !== "parked" ? stack.reason : (reasons[stack.wait] ?? stack.wait);
}

function frameLines(frame: Frame): string[] {
  return [
    `${frame.symbol.name}(...)`,
    `\t${frame.file === "" ? "?" : frame.file}:${Math.max(1, frame.line)}`,
  ];
}
