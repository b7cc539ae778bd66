import { type Solution, type Subject, truth, unknown } from "../../match/condition.ts";
import type { Facts } from "../../match/facts.ts";
import type { Sample } from "../../match/group.ts";
import { looksLikePointer } from "../../model/arguments.ts";
import type { Frame } from "../../model/stack.ts";
import { oneOrList } from "../closed-list.ts";
import type { JsonSchema } from "./predicate.ts";

const textSchema: JsonSchema = {
  type: ["string", "array"],
  minLength: 1,
  items: { type: "string", minLength: 1 },
  minItems: 1,
};

/** A text property of a frame; `undefined`: the dump does not know it. */
export type ReadText = (frame: Frame, subject: Pick<Subject, "facts">) => string | undefined;

/** The properties of a frame that a rule can ask: how each is read, and its documentation. */
export const textProperties: Readonly<
  Record<
    string,
    {
      readonly read: ReadText;
      readonly kind: "text" | "file" | "line";
      readonly schema: JsonSchema;
    }
  >
> = {
  function: {
    read: (f) => f.symbol.plain || undefined,
    kind: "text",
    schema: {
      ...textSchema,
      description: "Whole function name, without type arguments.",
      examples: ["net/http.(*conn).serve", "$F"],
    },
  },
  outer: {
    read: (f) => f.symbol.outer || undefined,
    kind: "text",
    schema: {
      ...textSchema,
      description: "Function name without its closures: what stands as `func …` in the source.",
      examples: ["main.(*Pool).run"],
    },
  },
  package: {
    read: (f) => f.symbol.package,
    kind: "text",
    schema: { ...textSchema, description: "Package path.", examples: ["database/sql", "$P"] },
  },
  type: {
    read: (f) => f.symbol.type,
    kind: "text",
    schema: {
      ...textSchema,
      description: "Receiver type with its package; functions have none.",
      examples: ["main.(*Pool)", "$T"],
    },
  },
  method: {
    read: (f) => f.symbol.method,
    kind: "text",
    schema: {
      ...textSchema,
      description: "Method or function name, closures included.",
      examples: ["Lock", "run.func*", "$M"],
    },
  },
  file: {
    read: (f) => f.file || undefined,
    kind: "file",
    schema: {
      ...textSchema,
      description: "Source file as the dump writes it.",
      examples: ["*/server/metrics.go", "$FILE"],
    },
  },
  line: {
    read: (f, s) => s.facts.line(f),
    kind: "line",
    schema: {
      ...textSchema,
      description: "Source position as `file:line`.",
      examples: ["$AT", "*/metrics.go:95"],
    },
  },
  origin: {
    read: (f, s) => s.facts.origin(f),
    kind: "text",
    schema: {
      ...oneOrList(["own", "third-party", "std", "runtime"]),
      description: "Whose code it is: own, third-party, std or runtime.",
      examples: ["own", ["own", "third-party"]],
    },
  },
};

type AddressMatcher = (address: number) => readonly Solution[];

/** The properties of a frame that are addresses, which goroutines of one stack differ in. */
export const addressProperties: Readonly<
  Record<
    string,
    {
      readonly schema: JsonSchema;
      /** Ways in which it matches. */
      readonly read: (
        frame: Frame,
        index: number,
        subject: Subject,
        match: AddressMatcher,
      ) => readonly Solution[];
    }
  >
> = {
  receiver: {
    schema: {
      type: "string",
      pattern: "^\\$[A-Z][A-Z0-9_]*[?*]?$",
      description: "Address of the method's receiver, where the dump shows a value that is still valid.",
      examples: ["$R?"],
    },
    read: (frame, index, { group, facts }, match) => {
      if (frame.symbol.type === "") return truth(false);
      return match(group === undefined || index < 0 ? Number.NaN : argumentOf(facts, group, index, 0));
    },
  },
  argument: {
    schema: {
      type: "string",
      pattern: "^\\$[A-Z][A-Z0-9_]*\\*?$",
      description:
        "An address among the frame's arguments, the receiver included; a variable takes each of them in turn. As with `holds`, an argument that the dump does not show is not there.",
      examples: ["$S"],
    },
    read: (_frame, index, { group, facts }, match) => {
      // Asked of the stack alone: a goroutine's own values may match.
      if (group === undefined) return match(Number.NaN);
      if (!facts.dump.capabilities.has("arguments")) return unknown("arguments");
      return index < 0 ? truth(false) : addressesIn(facts, group, index).flatMap((a) => [...match(a)]);
    },
  },
};

/** Value of an argument of a frame for a group; NaN when unknown. */
function argumentOf({ dump }: Facts, group: Sample, frame: number, argument: number): number {
  const { slots } = dump.stacks[group.stackIndex]!;
  const slot = slots.findIndex((s) => s.frame === frame && s.argument === argument);
  return slot < 0 ? Number.NaN : dump.goroutines.argument(group.first, slot);
}

/** Distinct addresses among the arguments of a frame, as far as the dump shows them. */
function addressesIn({ dump }: Facts, group: Sample, frame: number): readonly number[] {
  const { slots } = dump.stacks[group.stackIndex]!;
  const found = new Set<number>();
  slots.forEach((slot, i) => {
    if (slot.frame !== frame) return;
    const value = dump.goroutines.argument(group.first, i);
    if (looksLikePointer(value)) found.add(value);
  });
  return [...found];
}
