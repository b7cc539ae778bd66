import type { Dump } from "./dump.ts";
import { isMachinery } from "./origin.ts";
import { entryOf, type FramePlace, siteOf } from "./places.ts";
import type { Frame, Stack } from "./stack.ts";

/** What goroutines can be counted by. */
export const groupings = ["stack", "site", "entry", "creator", "label", "wait"] as const;

export type GroupBy = (typeof groupings)[number];

export interface GroupingOptions {
  /** With `label`: this label alone, instead of the whole set. */
  readonly label?: string;
  /** Leave wait reasons and creators out of a stack's identity, for comparing with a dump that has none. */
  readonly framesOnly?: boolean;
}

/** A name for each goroutine's group, equal over dumps and formats as far as they tell the same. */
export class Grouping {
  readonly by: GroupBy;
  readonly #dump: Dump;
  readonly #options: GroupingOptions;
  readonly #keys: string[] = [];

  constructor(dump: Dump, by: GroupBy, options: GroupingOptions = {}) {
    this.#dump = dump;
    this.by = by;
    this.#options = options;
  }

  /** The group of a row; worked out once for each distinct stack, or set of labels. */
  key(row: number): string {
    const { goroutines } = this.#dump;
    const index = this.by === "label" ? goroutines.labels[row]! : goroutines.stack[row]!;
    this.#keys[index] ??=
      this.by === "label" ? this.#labels(index) : this.#stackKey(this.#dump.stacks[index]!);
    return this.#keys[index];
  }

  #labels(index: number): string {
    const set = this.#dump.labelSets[index] ?? new Map<string, string>();
    if (this.#options.label !== undefined) return set.get(this.#options.label) ?? "(no such label)";
    if (set.size === 0) return "(no labels)";
    return [...set].map(([name, value]) => `${name}=${value}`).join(", ");
  }

  #stackKey(stack: Stack): string {
    switch (this.by) {
      case "site":
        return place(stack, siteOf(stack), describeFrame);
      case "entry":
        return place(stack, entryOf(stack), (frame) => frame.symbol.outer);
      case "creator":
        return stack.createdBy === undefined ? "(not known)" : describeFrame(stack.createdBy);
      case "wait":
        return stack.wait;
      default:
        return this.#wholeStack(stack);
    }
  }

  /** Frames outside the runtime, which some formats leave out; one a line, innermost first. */
  #wholeStack(stack: Stack): string {
    const shown = stack.frames.filter((frame) => !isMachinery(frame.symbol));
    const lines = (shown.length > 0 ? shown : stack.frames).map(describeFrame);
    if (lines.length === 0) lines.push("(no frames)");
    if (this.#options.framesOnly === true) return lines.join("\n");
    if (stack.createdBy !== undefined) lines.push(`created by ${describeFrame(stack.createdBy)}`);
    return [`[${stack.wait}]`, ...lines].join("\n");
  }
}

function place(stack: Stack, at: FramePlace, describe: (frame: Frame) => string): string {
  if (typeof at === "number") return describe(stack.frames[at]!);
  const innermost = stack.frames[0];
  return at === "none" && innermost !== undefined ? describe(innermost) : "(not known)";
}

function describeFrame(frame: Frame): string {
  return frame.file === "" ? frame.symbol.plain : `${frame.symbol.plain} ${frame.file}:${frame.line}`;
}
