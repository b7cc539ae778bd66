import type { MakeSite } from "./expression.ts";
import type { OperationKind, SelectInfo } from "./operations.ts";
import type { Strand } from "./strand.ts";

/** An operation that a function on the stack (or one it calls) does. */
export interface SourceOperation {
  readonly kind: OperationKind;
  /** Canonical name of the channel, lock or group, parameters followed to the callers; "" when unknown. */
  readonly key: string;
  /** As written: `m.inChannel`. */
  readonly text: string;
  readonly description: string;
  /** Go's name of the function that it stands in. */
  readonly function: string;
  /** Index into the stack's frames; -1 for functions that the dump does not name. */
  readonly frame: number;
  /** Path as reports show it, relative to its root. */
  readonly file: string;
  readonly line: number;
  /** Line of the loop around it; 0 for none. */
  readonly loopLine: number;
  readonly deferred: boolean;
  /** It is the same variable's field (or variable) as the one that the goroutine waits for. */
  readonly sameInstance: boolean | undefined;
  /** The one place where its channel is made, `file:line:column`; "" when there are several or they can't all be seen. */
  readonly madeBy: string;
  /** The function further in that does it, called from the stack's function before the wait; "" when it does itself. */
  readonly via: string;
}

/** A lock taken by a function on the stack and not given back where the stack stands. */
export interface SourceHold {
  readonly key: string;
  readonly text: string;
  readonly description: string;
  readonly mode: "lock" | "rlock";
  readonly function: string;
  readonly frame: number;
  readonly file: string;
  readonly line: number;
  /** Held on all paths to here. */
  readonly certain: boolean;
  readonly release: "deferred" | "later" | "never seen";
  readonly sameInstance: boolean | undefined;
}

/** What the goroutine is doing where it blocks. */
export interface SiteFacts {
  readonly kind: OperationKind;
  /** Key, text and words of what it waits for; key "" when unknown, and for select (see its cases). */
  readonly key: string;
  readonly text: string;
  readonly description: string;
  readonly function: string;
  readonly frame: number;
  readonly file: string;
  readonly line: number;
  readonly select: SelectInfo | undefined;
  /** It receives from a timer's channel, or selects on one; undefined when it can't be told. */
  readonly timer: boolean | undefined;
  /** Where the channel is made, and its capacity when it is one constant. */
  readonly madeAt: readonly MakeSite[];
  /** See `SourceOperation.madeBy`. */
  readonly madeBy: string;
  readonly capacity: number | undefined;
}

/** What decides of the operations behind a wait: the receives behind a group's Wait, and a group's Done behind all else. */
export function decisiveOwes({ site, owes }: StackFacts): readonly SourceOperation[] {
  return site?.kind === "wait"
    ? owes.filter((o) => o.kind === "receive" || o.kind === "range")
    : owes.filter((o) => o.kind === "done");
}

/** What the source says of one stack. Unknown is undefined, "" or an empty list, never false. */
export interface StackFacts {
  readonly site: SiteFacts | undefined;
  /** Why `site` or its key is not known; "" when it is. */
  readonly reason: string;
  /**
   * Receives (also range and select cases) of the stack's functions from the channel that it is blocked on, in a loop
   * or before the wait: by the same key, or by another field that only ever holds a channel of the same `make`.
   */
  readonly receivesOwn: readonly SourceOperation[];
  /**
   * Whether this goroutine drains the channel that it sends to. True when the same variable's field is received from;
   * false only when every receive of it is from another channel; undefined when `receivesOwn` may be another instance's.
   */
  readonly drainsOwnChannel: boolean | undefined;
  /** Receives of the stack's functions from anything, to join with other stacks' sends. */
  readonly receives: readonly SourceOperation[];
  readonly holds: readonly SourceHold[];
  /** What would still happen had it not blocked: unlock, done, close, send and receive behind the wait, and what is deferred. */
  readonly owes: readonly SourceOperation[];
  /** A channel made by the creator, which left without the other half. */
  readonly strand: Strand | undefined;
}
