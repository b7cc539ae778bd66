import type { Calls } from "../../model/calls.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import { originOf } from "../../model/origin.ts";
import type { Stack } from "../../model/stack.ts";
import type { GoSymbol } from "../../model/symbol.ts";
import type { StackText } from "./record.ts";

/** Wait reasons by the Go minor version that introduced them. */
const reasonSince: Readonly<Record<string, number>> = {
  "sync.Mutex.Lock": 20,
  "sync.RWMutex.RLock": 20,
  "sync.RWMutex.Lock": 20,
  coroutine: 22,
  "sync.WaitGroup.Wait": 24,
  "cleanup wait": 25,
};

const deadWhileWaiting =
  /^(?:sync\.runtime_Semacquire(?:Mutex)?|runtime\.gopark|runtime\/pprof\.writeGoroutine)$/;
/** In so many stacks with aggregates, Go 1.18 and later mark at least one value as dead. */
const fewStacks = 8;

/** Paths give the version away soon or never. */
const framesToSearch = 20000;

const versionInPath = /(?:go|[@/-])(1\.\d{1,2}(?:\.\d{1,2}|rc\d{1,2}|beta\d{1,2})?)(?!\d)/g;

/** Gathers what a traceback gives away of the Go version that printed it. */
export class GoVersionEvidence {
  /** Nothing older than this minor version of Go 1 prints such a text. */
  atLeast = 0;
  #exact: number | undefined;
  #path: string | undefined;
  #marked = false;
  #framesLeft = framesToSearch;
  #unmarkedBraces = 0;
  #unmarkedDead = false;

  readonly #pool: FramePool;

  /** @param pool where the frames of calls are interned */
  constructor(given: string | undefined, pool: FramePool) {
    this.#pool = pool;
    this.#path = given;
    const minor = minorOf(given);
    if (minor !== undefined) this.atLeast = minor;
  }

  since(minor: number, only = false): void {
    if (minor > this.atLeast) this.atLeast = minor;
    if (only) this.#exact ??= minor;
  }

  /** Notes how the arguments of a goroutine are written. */
  args({ marked, braces }: StackText): void {
    if (marked) {
      this.#marked = true;
      this.since(18);
    } else if (braces) this.since(17);
  }

  /** Looks, once a stack, for arguments that are always dead while a goroutine waits: Go 1.18 and later mark them. */
  deadArguments({ frames }: Stack, { braces, marked }: StackText, calls: Calls): void {
    if (braces && !marked) this.#unmarkedBraces++;
    if (this.#unmarkedDead) return;
    for (let at = 0; at < frames.length; at++) {
      if (!this.#pool.isMachinery(calls.frames[at]!) || Number.isNaN(calls.value(at, 0))) continue;
      if (deadWhileWaiting.test(frames[at]!.symbol.name)) this.#unmarkedDead = true;
    }
  }

  /** Looks at a stack seen for the first time: its reason, packages and paths of the standard library. */
  stack({ reason, frames }: Stack, calls: Calls): void {
    const since = Object.hasOwn(reasonSince, reason) ? reasonSince[reason] : undefined;
    if (since !== undefined) this.since(since);
    for (let at = 0; at < frames.length; at++) {
      const search = this.#path === undefined && this.#framesLeft > 0;
      const isMachinery = this.#pool.isMachinery(calls.frames[at]!);
      if (!search && !isMachinery) continue;
      const { symbol, file } = frames[at]!;
      if (isMachinery && symbol.package === "internal/sync") this.since(24);
      if (search) this.#search(symbol, file);
    }
  }

  #search(symbol: GoSymbol, file: string): void {
    this.#framesLeft--;
    const root = file.lastIndexOf(`/src/${symbol.package}/`);
    if (root < 0) return;
    const origin = originOf(symbol, file);
    if (origin !== "std" && origin !== "runtime") return;
    const found = [...file.slice(0, root).matchAll(versionInPath)].at(-1);
    if (found === undefined) return;
    this.#path = `go${found[1]}`;
    this.since(minorOf(this.#path) ?? 0);
  }

  /** `go1.24.1` from a path, `go1.24` where only that version writes so; `undefined` when unknown. */
  get version(): string | undefined {
    return this.#path ?? (this.#exact === undefined ? undefined : `go1.${this.#exact}`);
  }

  /** Go 1.17 prints dead arguments as if they were live: braces, but nothing is ever marked with `?`. */
  get deadArgumentsLookLive(): boolean {
    const minor = minorOf(this.version);
    if (minor !== undefined) return minor === 17;
    if (this.#marked || this.atLeast > 17 || this.#unmarkedBraces === 0) return false;
    return this.#unmarkedDead || this.#unmarkedBraces >= fewStacks;
  }

  /** Up to Go 1.20 a stack of about 100 frames ends without a word. */
  get deepStacksAreCut(): boolean {
    return (minorOf(this.version) ?? this.atLeast) <= 20;
  }
}

function minorOf(version: string | undefined): number | undefined {
  const found = /^go1\.(\d{1,3})/.exec(version ?? "");
  return found === null ? undefined : Number(found[1]);
}
