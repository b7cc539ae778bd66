import type { Dump } from "../model/dump.ts";
import { isMachinery } from "../model/origin.ts";
import { siteOf } from "../model/places.ts";
import type { Stack } from "../model/stack.ts";
import { canWaitAt, type FrameSource, type FrameSources, type FrameUse, frameOf } from "./frame-source.ts";
import { operationKey } from "./operation-key.ts";
import type { Operation } from "./operations.ts";

/**
 * The frames of one dump against the source.
 * A source of another build may hold a fitting operation on a line by chance, so all frames of a file stand
 * or fall together: one frame that can't be where the dump says makes the file another version's.
 */
export class DumpFrames {
  readonly #sources: FrameSources;
  /** Distinct uses of each file name of the dump. */
  readonly #uses: ReadonlyMap<string, readonly FrameUse[]>;
  readonly #stale = new Map<string, string>();
  readonly #found = new Map<Stack, (FrameSource | undefined)[]>();

  constructor(sources: FrameSources, dump: Dump) {
    this.#sources = sources;
    this.#uses = usesOf(dump);
    for (const uses of this.#uses.values()) for (const use of uses) sources.learn(use);
  }

  /** The frame's source, doubted when any frame of its file does not fit. */
  find(use: FrameUse): FrameSource {
    let known = this.#found.get(use.stack);
    if (known === undefined) {
      known = [];
      this.#found.set(use.stack, known);
    }
    let found = known[use.index + 1];
    if (found === undefined) {
      found = this.#judge(use);
      known[use.index + 1] = found;
    }
    return found;
  }

  /**
   * Whether a shifted line could have put this operation in the place of another one of its function:
   * true when the same function holds another candidate that all frames from this line on would fit as well.
   */
  isAmbiguous(use: FrameUse, operation: Operation, candidates: readonly Operation[]): boolean {
    const line = frameOf(use).line;
    const same = (o: Operation) => o.kind === operation.kind && operationKey(o) === operationKey(operation);
    const others = candidates.filter((o) => canWaitAt(o, use.stack) && o.line !== operation.line && !same(o));
    const shifts = new Set(others.map((o) => o.line - operation.line));
    const below = (this.#uses.get(frameOf(use).file) ?? []).filter((u) => frameOf(u).line >= line);
    for (const shift of shifts) {
      if (below.every((other) => this.#sources.find(other, shift).status === "found")) return true;
    }
    return false;
  }

  #judge(use: FrameUse): FrameSource {
    const found = this.#sources.find(use);
    if (found.status !== "found") return found;
    const reason = this.#staleReason(frameOf(use).file);
    return reason === "" ? found : { ...found, status: "mismatch", reason, code: undefined };
  }

  #staleReason(file: string): string {
    let reason = this.#stale.get(file);
    if (reason === undefined) {
      const wrong = (this.#uses.get(file) ?? [])
        .map((u) => this.#sources.find(u))
        .find((s) => s.status === "mismatch");
      reason = wrong?.reason ?? "";
      this.#stale.set(file, reason);
    }
    return reason;
  }
}

/** Frames by file, equal ones once: a frame's check depends on its function, line, and what is further in. */
function usesOf(dump: Dump): ReadonlyMap<string, readonly FrameUse[]> {
  const uses = new Map<string, Map<string, FrameUse>>();
  const add = (use: FrameUse, extra: string) => {
    const frame = frameOf(use);
    // The runtime's frames are not asked for, and linked under other packages' names.
    if (frame.file === "" || frame.line === 0 || isMachinery(frame.symbol)) return;
    const key = `${frame.symbol.name}\u0000${frame.line}\u0000${extra}`;
    const list = uses.get(frame.file);
    if (list === undefined) uses.set(frame.file, new Map([[key, use]]));
    else if (!list.has(key)) list.set(key, use);
  };
  for (const stack of dump.stacks) {
    const site = siteOf(stack);
    stack.frames.forEach((_, index) => {
      const inner = index === 0 || stack.gapAt === index ? "" : stack.frames[index - 1]!.symbol.name;
      add(
        { stack, index },
        site === index ? `wait ${stack.wait}` : `${stack.extent === "ends" ? `ends${index}` : ""}${inner}`,
      );
    });
    if (stack.createdBy !== undefined) add({ stack, index: -1 }, "go");
  }
  return new Map([...uses].map(([file, list]) => [file, [...list.values()]]));
}
