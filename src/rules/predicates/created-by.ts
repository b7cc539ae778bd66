import {
  attribute,
  type Condition,
  conjoin,
  type Solution,
  type Subject,
  truth,
  unknown,
} from "../../match/condition.ts";
import type { Facts } from "../../match/facts.ts";
import { compileFrame, frameSchema } from "./frame-test.ts";
import type { JsonSchema, Predicate } from "./predicate.ts";
import { numberMatcher } from "./text-matcher.ts";

/** A creator is no frame of the stack. */
function withoutStarted(properties: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key !== "started"));
}

export const createdBy: Predicate = {
  key: "created-by",
  schema: {
    ...frameSchema,
    properties: {
      ...withoutStarted(frameSchema.properties as Record<string, JsonSchema>),
      goroutine: {
        type: ["string", "integer"],
        description: "Id of the goroutine that executed the `go` statement (Go 1.21 and later).",
        examples: ["$PARENT?"],
      },
      alive: {
        type: "boolean",
        description: "Whether that goroutine is still in the dump (Go 1.21 and later).",
        examples: [true],
      },
    },
    description: "The `go` statement: the function that contains it, and its goroutine.",
    examples: [{ function: "main.serve", goroutine: "$PARENT" }],
  },
  needs: ["creators"],
  compile(value, context, path): Condition {
    const { goroutine, alive, ...rest } = (typeof value === "string" ? { function: value } : value) as Record<
      string,
      unknown
    >;
    const frame = compileFrame(rest, context, path);
    const creator =
      goroutine === undefined
        ? undefined
        : numberMatcher(goroutine, "id", "creator-ids", context, `${path}/goroutine`, attribute.creator);
    const onStack = (subject: Subject): readonly Solution[] => {
      const created = subject.stack.createdBy;
      if (created !== undefined) return frame.test(created, -1, subject);
      return subject.facts.dump.capabilities.has("creators") ? truth(false) : unknown("creators");
    };
    const still = alive === undefined ? undefined : creatorIsAlive(alive as boolean);
    if (still !== undefined) context.reads(attribute.creator, undefined);
    if (creator === undefined && still === undefined) return { attributes: 0, evaluate: onStack };
    return {
      attributes: attribute.creator,
      onStack,
      evaluate(subject) {
        let solutions = onStack(subject);
        if (subject.stack.createdBy === undefined || solutions.length === 0) return solutions;
        const id = subject.facts.dump.goroutines.creator[subject.group!.first]!;
        if (creator !== undefined) solutions = conjoin(solutions, creator(id));
        if (still !== undefined) solutions = conjoin(solutions, still(id, subject.facts));
        return solutions;
      },
    };
  },
};

/** Tests whether the goroutine with a creator's id is in the dump; one that is cut short does not prove it gone. */
function creatorIsAlive(expected: boolean): (id: number, facts: Facts) => readonly Solution[] {
  return (id, { dump, families }) => {
    if (Number.isNaN(id)) return unknown("creator-ids");
    if (families.parents.has(id)) return truth(expected);
    return dump.complete ? truth(!expected) : unknown("ids");
  };
}
