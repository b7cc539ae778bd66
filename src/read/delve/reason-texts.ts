import { waitReasonTable, waitReasonTables } from "../../model/wait-reasons.ts";
import { atReasons, startReasons } from "./go-version.ts";

/**
 * The texts that Delve 1.6 to 1.25 prints for a wait reason's number, whatever the target's Go version: those of
 * Go 1.15, some more appended. Delve 1.26.3 and later print what the number means.
 */
const fixedTexts: readonly string[] = [
  ...waitReasonTable("go1.15")!.texts,
  "GC mark termination",
  "stopping the world",
  "flushing proc caches",
  "trace goroutine status",
  "trace proc status",
  "page trace flush",
  "coroutine",
];

/** What goroutines of the runtime itself wait for, in a function that is not exported. */
const ofRuntime: ReadonlySet<string> = new Set([
  "force gc (idle)",
  "GC sweep wait",
  "GC scavenge wait",
  "GC worker (idle)",
  "finalizer wait",
  "cleanup wait",
  "GOMAXPROCS updater (idle)",
  "timer goroutine (idle)",
  "trace reader (blocked)",
]);
const alsoOfRuntime: ReadonlySet<string> = new Set([
  "sleep",
  "chan receive",
  "select",
  "semacquire",
  "preempted",
]);
/** Every process has goroutines that wait for these. */
const alwaysThere = ["force gc (idle)", "GC sweep wait"];

/** One way to understand printed reasons; `undefined`: this way nobody would print such a text. */
interface Reading {
  readonly decode: (text: string) => string | undefined;
  /** Pairs of Delve and Go that are seldom seen weigh against a reading, but less than any contradiction. */
  readonly unlikely: number;
}

/** Works out what the wait reasons in a Delve transcript mean. */
export class ReasonTexts {
  /** Functions at which a text was printed, and those of the runtime with which goroutines that wait for it were started. */
  readonly #seen = new Map<string, { readonly at: Set<string>; readonly starts: Set<string> }>();
  #best: readonly Reading[] | undefined;

  /**
   * @param at innermost function that Delve's `User:` line names; `undefined` in lists of other places
   * @param start what `Start:` names
   */
  note(text: string, at: string | undefined, start: string | undefined): void {
    this.#best = undefined;
    const seen = this.#seen.get(text) ?? { at: new Set(), starts: new Set() };
    this.#seen.set(text, seen);
    // More than a few tell nothing new.
    if (at !== undefined && seen.at.size < 200) seen.at.add(at);
    // Finalizers are of the program, and wait for whatever they do.
    if (start !== undefined && startReasons.has(start) && (at ?? "runtime.").startsWith("runtime."))
      seen.starts.add(start);
  }

  /** What a printed reason can mean, best readings only; more than one when it stays open. */
  meanings(text: string, goVersion: string | undefined): readonly string[] {
    this.#best ??= this.#choose(goVersion);
    const meanings = new Set(this.#best.map((r) => r.decode(text) ?? ""));
    return [...meanings];
  }

  #choose(goVersion: string | undefined): readonly Reading[] {
    let best: Reading[] = [];
    let least = Number.POSITIVE_INFINITY;
    for (const reading of readings(goVersion)) {
      const against = this.#contradictions(reading) + reading.unlikely;
      if (against < least) best = [];
      if (against > least) continue;
      least = against;
      best.push(reading);
    }
    return best;
  }

  #contradictions(reading: Reading): number {
    let count = 0;
    const inRuntime = new Set<string>();
    for (const [text, { at: functions, starts }] of this.#seen) {
      const meaning = reading.decode(text);
      if (meaning === undefined) {
        count += 2;
        continue;
      }
      for (const start of starts) if (!startReasons.get(start)!.includes(meaning)) count++;
      for (const at of functions) {
        if (at === "runtime.gopark") {
          inRuntime.add(meaning);
          if (!ofRuntime.has(meaning) && !alsoOfRuntime.has(meaning)) count++;
        } else if (atReasons.has(at)) {
          if (!atReasons.get(at)!.includes(meaning)) count++;
        } else if (!couldBeAt(meaning, at)) count++;
      }
    }
    if (inRuntime.size > 1) for (const text of alwaysThere) if (!inRuntime.has(text)) count++;
    return count;
  }
}

/** Some waits happen in one function only, which the compiler does not inline. */
function couldBeAt(meaning: string, at: string): boolean {
  if (at.startsWith("runtime.")) return true;
  if (meaning === "sync.Cond.Wait") return at.startsWith("sync.");
  return meaning !== "sleep" && !ofRuntime.has(meaning);
}

function readings(goVersion: string | undefined): Reading[] {
  const known = waitReasonTable(goVersion);
  const tables = known === undefined ? waitReasonTables : [known];
  const numbered = /^unknown wait reason (\d{1,3})$/;
  const all: Reading[] = [];
  for (const table of tables) {
    const unlikely = table.from > 25 || (known === undefined && table.from < 14) ? 0.5 : 0;
    const byNumber = (text: string) => {
      const number = numbered.exec(text)?.[1];
      return number === undefined ? undefined : table.texts[Number(number)];
    };
    const fixed = (text: string) => {
      const number = fixedTexts.indexOf(text);
      return byNumber(text) ?? (number < 0 ? undefined : table.texts[number]);
    };
    const right = (text: string) => byNumber(text) ?? (table.texts.includes(text) ? text : undefined);
    all.push({ decode: right, unlikely: 0 }, { decode: fixed, unlikely });
  }
  return all;
}
