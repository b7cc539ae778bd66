import type { FrameDraft } from "../../model/dump-builder.ts";
import {
  goMinor,
  type WaitReasonTable,
  waitReasonTable,
  waitReasonTables,
} from "../../model/wait-reasons.ts";

/** What a parked goroutine's functions and wait reason number say together. */
export interface ReasonSample {
  readonly number: number;
  /** Innermost function of the user's or of an exported package. */
  readonly at: string;
  /** The function that the goroutine was started with. */
  readonly start: string;
}

/** Line of `runtime.gopark`'s call in proc.go, by Go minor version; Delve shows it or the next one. */
const goparkLines: Readonly<Record<number, number>> = {
  13: 304,
  14: 304,
  15: 306,
  16: 336,
  17: 366,
  18: 361,
  19: 363,
  20: 381,
  21: 398,
  22: 402,
  23: 424,
  24: 435,
  25: 460,
  26: 462,
  27: 474,
};

/** Wait reasons that a goroutine of the runtime can have, by the function it was started with. */
export const startReasons: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "runtime.forcegchelper": ["force gc (idle)"],
    "runtime.bgsweep": ["GC sweep wait"],
    "runtime.gcenable.func1": ["GC sweep wait"],
    "runtime.gcenable.gowrap1": ["GC sweep wait"],
    "runtime.gcenable.func2": ["GC scavenge wait", "sleep"],
    "runtime.gcenable.gowrap2": ["GC scavenge wait", "sleep"],
    "runtime.bgscavenge": ["GC scavenge wait", "sleep"],
    "runtime.runfinq": ["finalizer wait"],
    "runtime.runFinalizers": ["finalizer wait"],
    "runtime.runCleanups": ["cleanup wait"],
    "runtime.gcBgMarkWorker": ["GC worker (idle)", "GC worker (active)", "preempted"],
    "runtime.gcBgMarkStartWorkers.gowrap1": ["GC worker (idle)", "GC worker (active)", "preempted"],
    "runtime.updateMaxProcsGoroutine": ["GOMAXPROCS updater (idle)"],
  }),
);

/** Wait reasons that a function leads to, whoever called it. */
export const atReasons: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "time.Sleep": ["sleep"],
    "sync.(*Mutex).Lock": ["semacquire", "sync.Mutex.Lock"],
    "sync.runtime_SemacquireMutex": [
      "semacquire",
      "sync.Mutex.Lock",
      "sync.RWMutex.RLock",
      "sync.RWMutex.Lock",
    ],
    "internal/sync.runtime_SemacquireMutex": ["sync.Mutex.Lock"],
    "sync.runtime_SemacquireRWMutexR": ["sync.RWMutex.RLock"],
    "sync.runtime_SemacquireRWMutex": ["sync.RWMutex.Lock"],
    "sync.runtime_SemacquireWaitGroup": ["sync.WaitGroup.Wait", "sync.WaitGroup.Wait (durable)"],
    "sync.runtime_Semacquire": ["semacquire"],
    "sync.runtime_notifyListWait": ["sync.Cond.Wait"],
    "net.(*netFD).accept": ["IO wait", "semacquire", "sync.Mutex.Lock"],
    "net.(*netFD).Read": ["IO wait", "semacquire", "sync.Mutex.Lock"],
    "iter.Pull": ["coroutine"],
  }),
);

const versionInPath =
  /(?:^|[/@-])(?:go-?|go\/|golang-?)(1\.\d{1,2}(?:\.\d{1,2}|rc\d{1,2}|beta\d{1,2})?)(?=[./-])[^:]{0,80}\/src\/runtime\//;

/** The Go version that a path of the runtime's source names, `go1.24.1`. */
export function versionOfPath(file: string): string | undefined {
  const found = versionInPath.exec(file.replaceAll("\\", "/"));
  return found === null ? undefined : `go${found[1]}`;
}

/** Gathers what the goroutines of a dump give away of the Go version that counts their wait reasons. */
export class ReasonEvidence {
  #path: string | undefined;
  #goparkLine: number | undefined;
  #since = 0;
  readonly #names = new Map<number, string>();
  readonly #samples = new Map<string, ReasonSample>();

  frame(frame: FrameDraft): void {
    if (frame.function.startsWith("runtime.")) {
      this.#path ??= versionOfPath(frame.file);
      if (frame.function === "runtime.gopark" && frame.file.endsWith("/proc.go"))
        this.#goparkLine ??= frame.line;
      if (/^runtime\.(?:runFinalizers|runCleanups|updateMaxProcsGoroutine)$/.test(frame.function))
        this.#atLeast(25);
    } else if (frame.function.startsWith("internal/sync.")) this.#atLeast(24);
    if (frame.function.includes(".gowrap") && /\.gowrap\d+$/.test(frame.function)) this.#atLeast(22);
  }

  #atLeast(minor: number): void {
    if (minor > this.#since) this.#since = minor;
  }

  sample(sample: ReasonSample): void {
    if (startReasons.has(sample.start) || atReasons.has(sample.at))
      this.#samples.set(`${sample.number} ${sample.at} ${sample.start}`, sample);
  }

  /** A number whose meaning the process itself told. */
  named(number: number, text: string): void {
    this.#names.set(number, text);
  }

  /** The version that a path names; `undefined` when none does. */
  get pathVersion(): string | undefined {
    return this.#path;
  }

  /** The tables that the numbers can be of, the best ones only. */
  tables(): readonly WaitReasonTable[] {
    const given = waitReasonTable(this.#path);
    if (given !== undefined) return [given];
    let best = Number.POSITIVE_INFINITY;
    let tables: WaitReasonTable[] = [];
    for (const table of waitReasonTables) {
      if (table.to < this.#since) continue;
      let against = 0;
      for (const [number, text] of this.#names) if (table.texts[number] !== text) against++;
      for (const sample of this.#samples.values()) if (!fits(table, sample)) against++;
      if (against < best) tables = [];
      if (against > best) continue;
      best = against;
      tables.push(table);
    }
    const minors = this.#minorsOfLine();
    const byLine = tables.filter((t) => minors.some((m) => m >= t.from && m <= t.to));
    return byLine.length > 0 ? byLine : tables;
  }

  /** Minor versions by the line of gopark, which the tables above do not contradict. */
  #minorsOfLine(): number[] {
    const line = this.#goparkLine;
    return Object.keys(goparkLines)
      .map(Number)
      .filter((minor) => goparkLines[minor] === line || goparkLines[minor] === (line ?? 0) - 1)
      .filter((minor) => minor >= this.#since);
  }

  /** `go1.24` when only one minor version remains. */
  minorOf(tables: readonly WaitReasonTable[]): string | undefined {
    const minors = this.#minorsOfLine().filter((m) => tables.some((t) => m >= t.from && m <= t.to));
    return minors.length === 1 ? `go1.${minors[0]}` : undefined;
  }
}

function fits(table: WaitReasonTable, sample: ReasonSample): boolean {
  const text = table.texts[sample.number];
  if (text === undefined) return false;
  const start = startReasons.get(sample.start);
  if (start !== undefined && sample.at.startsWith("runtime.") && !start.includes(text)) return false;
  return atReasons.get(sample.at)?.includes(text) ?? true;
}

/** `go1.24.1` of `Go cmd/compile go1.24.1`; `undefined` when the text has no version that we know to read. */
export function versionOfTarget(text: string): string | undefined {
  const found = /\bgo1\.\d{1,3}(?:\.\d{1,3}|rc\d{1,2}|beta\d{1,2})?/.exec(text);
  return found === null || goMinor(found[0]) === undefined ? undefined : found[0];
}
