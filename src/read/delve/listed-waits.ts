import { kindOfReason, type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import type { WaitReasonTable } from "../../model/wait-reasons.ts";

/** What the number of a wait reason means. */
interface ReasonMeaning {
  /** One where it is known, several where the tables that it may be of differ. */
  readonly texts: readonly string[];
  /** What a goroutine waits for whatever its frames are. */
  readonly certain: Wait | undefined;
}

/** What a list says of how a goroutine is. */
interface ListedState {
  /** Masked; `undefined` before Delve 1.6. */
  readonly status: number | undefined;
  /** Left over from the last wait unless the status says that it waits. */
  readonly waitReason: number | undefined;
  readonly onThread: boolean;
  /** The innermost function. */
  readonly current: string | undefined;
}

/** What a goroutine waits for. */
export interface Wait {
  readonly reason: string;
  readonly wait: WaitKind;
  /** The wait reason is a number that nobody can read. */
  readonly undecided?: true;
}

/** Values of `g.atomicstatus` that say themselves what the goroutine does. */
const statusReasons: Readonly<Record<number, string>> = {
  0: "idle",
  1: "runnable",
  2: "running",
  3: "syscall",
  6: "dead",
  8: "copystack",
  9: "preempted",
  11: "waiting for cgo callback",
};
const waiting = 4;
const leaked = 10;

/** It waits, so that its wait reason means something. */
export function isWaiting(status: number | undefined): boolean {
  return status === waiting || status === leaked;
}

/** The garbage collector has found that nobody can ever wake it. */
export function isLeaked(status: number | undefined): boolean {
  return status === leaked;
}

/** Tells what the goroutines of a list wait for. */
export class ListedWaits {
  /** What numbers of wait reasons may mean, once everything is read. */
  tables: readonly WaitReasonTable[] = [];
  readonly #names = new Map<number, string>();
  readonly #meanings = new Map<number, ReasonMeaning>();

  /** Notes what a wait reason's number means in this process. */
  name(number: number, text: string): void {
    this.#names.set(number, text);
  }

  /** What a goroutine waits for whatever its frames are; `undefined` where they have a say. */
  certain(status: number | undefined, waitReason = 0): Wait | undefined {
    return isWaiting(status) && !this.#names.has(waitReason)
      ? this.#meaningOf(waitReason).certain
      : undefined;
  }

  /** @param functions the innermost of the goroutine */
  of(state: ListedState, functions: readonly string[]): Wait {
    const { status, waitReason = 0 } = state;
    if (status === undefined) return withoutStatus(state, functions);
    if (!isWaiting(status)) {
      const reason = Object.hasOwn(statusReasons, status) ? statusReasons[status]! : "";
      return { reason, wait: waitKindOf(reason, functions) };
    }
    const certain = this.certain(status, waitReason);
    if (certain !== undefined) return certain;
    const named = this.#names.get(waitReason);
    if (named !== undefined) return { reason: named, wait: kindAt(named, functions) };
    const { texts } = this.#meaningOf(waitReason);
    const kinds = new Set(texts.map((text) => kindAt(text, functions)));
    const reason = texts.length === 1 ? texts[0]! : "";
    if (kinds.size === 1) return { reason, wait: [...kinds][0]! };
    const shown = waitKindOf("waiting", functions);
    return shown === "parked" ? { reason, wait: shown, undecided: true } : { reason, wait: shown };
  }

  #meaningOf(waitReason: number): ReasonMeaning {
    let meaning = this.#meanings.get(waitReason);
    if (meaning === undefined) {
      const texts = [...new Set(this.tables.map((t) => t.texts[waitReason] ?? ""))];
      const reason = texts.length === 1 ? texts[0]! : "";
      const wait = kindOfReason(reason);
      meaning = { texts, certain: reason === "" || wait === undefined ? undefined : { reason, wait } };
      this.#meanings.set(waitReason, meaning);
    }
    return meaning;
  }
}

/** Before Delve 1.6 a list had no states. */
function withoutStatus({ onThread, current }: ListedState, functions: readonly string[]): Wait {
  if (onThread) return { reason: "", wait: waitKindOf("", functions) };
  const parked = current === "runtime.gopark" || current === "runtime.coroswitch";
  return { reason: "", wait: waitKindOf(parked ? "waiting" : "", functions) };
}

/** The kind of a wait reason; up to Go 1.23 a WaitGroup is the only thing that waits through this function. */
export function kindAt(reason: string, functions: readonly string[]): WaitKind {
  if (reason === "semacquire" && functions.length === 1 && functions[0] === "sync.runtime_Semacquire")
    return "waitgroup-wait";
  return waitKindOf(reason === "" ? "waiting" : reason, functions);
}
