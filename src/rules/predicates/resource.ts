import { attribute, type Condition, conjoin, truth, unknown } from "../../match/condition.ts";
import type { Capability } from "../../model/dump.ts";
import { type WaitKind, waitClasses } from "../../model/wait-kind.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { Predicate } from "./predicate.ts";
import { numberMatcher } from "./text-matcher.ts";

/** A predicate on the address that a goroutine of some kinds of wait is blocked on. */
function blockedOn(
  key: string,
  kinds: readonly WaitKind[] | undefined,
  missing: Capability,
  description: string,
): Predicate {
  const wanted = kinds && new Set<WaitKind>(kinds);
  return {
    key,
    schema: { type: "string", pattern: "^\\$[A-Z][A-Z0-9_]*[?*]?$", description, examples: ["$C", "$C?"] },
    needs: [missing],
    compile(value, context, path): Condition {
      const match = numberMatcher(value, "address", missing, context, path);
      return {
        attributes: attribute.resource,
        // What a select waits on is several channels; its address column, if any, is one of them only.
        onStack: ({ stack }) =>
          truth(wanted === undefined || wanted.has(stack.wait) || stack.wait === "parked"),
        evaluate({ facts, group, stack }) {
          if (wanted !== undefined && !wanted.has(stack.wait) && stack.wait !== "parked") return truth(false);
          return match(facts.dump.goroutines.resource[group!.rows[0]!]!);
        },
      };
    },
  };
}

export const channel: Predicate = blockedOn(
  "channel",
  ["chan-send", "chan-receive"],
  "channel-addresses",
  "Address of the channel that it is blocked on. `$C?` may stay unknown.",
);

export const lock: Predicate = blockedOn(
  "lock",
  waitClasses.lock,
  "lock-addresses",
  "Address of the lock that it waits for.",
);

export const waitsFor: Predicate = blockedOn(
  "waits-for",
  undefined,
  "lock-addresses",
  "Address of the channel, lock, WaitGroup or Cond that it waits for.",
);

export const mayHold: Predicate = {
  key: "holds",
  schema: {
    type: "string",
    pattern: "^\\$[A-Z][A-Z0-9_]*$",
    description:
      "Address of a contended lock that it may hold: an outer frame has a pointer to the object that the lock lies in. Inferred, never observed; the lock that it waits for itself is left out.",
    examples: ["$HAVE"],
  },
  needs: ["arguments", "lock-addresses"],
  compile(value, context, path): Condition {
    const match = numberMatcher(value, "address", "arguments", context, path);
    return {
      attributes: attribute.holds,
      evaluate({ facts, group }) {
        const held = facts.held.of(group!.rows[0]!);
        if (held.length > 0) return held.flatMap((address) => [...match(address)]);
        return facts.dump.capabilities.has("arguments") ? truth(false) : unknown("arguments");
      },
    };
  },
};

export const blocks: Predicate = {
  key: "blocks",
  schema: {
    ...rangeSchema,
    description:
      "How many goroutines wait behind it: for a lock that it may hold, or for it in WaitGroup.Wait, and those who wait for them in turn. Inferred as `holds` is; needs addresses, or the ids of creators (Go 1.21).",
    examples: [{ gte: 10 }],
  },
  needs: ["arguments", "lock-addresses"],
  compile(value, context, path): Condition {
    const test = rangeTest(value, context, path);
    return {
      attributes: attribute.holds | attribute.creator | attribute.resource,
      evaluate({ facts, group }) {
        if (test(facts.blocking.behind(group!.rows[0]!))) return truth(true);
        return facts.dump.capabilities.has("arguments") ? truth(false) : unknown("arguments");
      },
    };
  },
};

export const reenters: Predicate = {
  key: "reenters",
  schema: {
    type: "boolean",
    description:
      "An outer frame, beyond the one that calls Lock, has a pointer to the owner of the very lock that it waits for: it may be locking what it holds.",
    examples: [true],
  },
  needs: ["arguments", "lock-addresses"],
  compile(value): Condition {
    return {
      attributes: attribute.holds,
      evaluate({ facts, group }) {
        const can = facts.dump.capabilities.has("arguments") ? truth(true) : unknown("arguments");
        const found = facts.held.reenters(group!.rows[0]!);
        return conjoin(found || facts.dump.capabilities.has("arguments") ? truth(found === value) : can, can);
      },
    };
  },
};
