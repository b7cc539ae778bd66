import { allOf, attribute, type Condition, conjoin, truth, unknown } from "../../match/condition.ts";
import type { BlockingCertainty } from "../../model/blocking.ts";
import type { Capability } from "../../model/dump.ts";
import type { LockTypes } from "../../model/lock-types.ts";
import { type WaitKind, waitClasses } from "../../model/wait-kind.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { JsonSchema, Predicate } from "./predicate.ts";
import { numberMatcher, textMatcher } from "./text-matcher.ts";

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
        ...(wanted === undefined ? {} : { waits: new Set<WaitKind>([...wanted, "parked"]) }),
        // What a select waits on is several channels; its address column, if any, is one of them only.
        onStack: ({ stack }) =>
          truth(wanted === undefined || wanted.has(stack.wait) || stack.wait === "parked"),
        evaluate({ facts, group, stack }) {
          if (wanted !== undefined && !wanted.has(stack.wait) && stack.wait !== "parked") return truth(false);
          return match(facts.dump.goroutines.resource[group!.first]!);
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

const addressVariable: JsonSchema = { type: "string", pattern: "^\\$[A-Z][A-Z0-9_]*[?*]?$" };

const ownerType: JsonSchema = {
  type: ["string", "array"],
  minLength: 1,
  items: { type: "string" },
  minItems: 1,
};

/** A condition on an address, or on the address and the type of the lock's owner: `$L`, `{ address: $L, type: $T }`. */
function byAddressOrType(
  key: string,
  descriptions: { readonly all: string; readonly address: string; readonly type: string },
  example: unknown,
  address: Predicate,
  typesOn: (types: LockTypes, stackIndex: number) => readonly string[],
): Predicate {
  return {
    key,
    schema: {
      type: ["string", "object"],
      pattern: addressVariable.pattern,
      additionalProperties: false,
      minProperties: 1,
      properties: {
        address: { ...addressVariable, description: descriptions.address, examples: ["$L"] },
        type: { ...ownerType, description: descriptions.type, examples: ["$T", "main.(*Pool)"] },
      },
      description: descriptions.all,
      examples: [example, { type: "$T" }],
    },
    needs: address.needs,
    compile(value, context, path): Condition {
      if (typeof value === "string") return address.compile(value, context, path);
      const source = value as { readonly address?: string; readonly type?: unknown };
      const parts: Condition[] = [];
      if (source.type !== undefined) {
        const match = textMatcher(source.type, "text", "stacks", context, `${path}/type`);
        parts.push({
          attributes: 0,
          evaluate: ({ facts, stackIndex }) =>
            typesOn(facts.lockTypes, stackIndex).flatMap((type) => [...match(type)]),
        });
      }
      if (source.address !== undefined)
        parts.push(address.compile(source.address, context, `${path}/address`));
      return allOf(parts);
    },
  };
}

export const waitsFor: Predicate = byAddressOrType(
  "waits-for",
  {
    all: "Address of the channel, lock, WaitGroup, Cond or pool that it waits for; or the type that guards the lock.",
    address: "Address of what it waits for.",
    type: "Type whose method waits for a lock: most often its own type's. Known where addresses are not; the standard library's types are left out.",
  },
  "$C?",
  blockedOn("waits-for", undefined, "lock-addresses", "Address of what it waits for."),
  (types, stackIndex) => {
    const type = types.waitedFor(stackIndex);
    return type === undefined ? [] : [type];
  },
);

const mayHoldAddress: Predicate = {
  key: "holds",
  schema: addressVariable,
  needs: ["arguments", "lock-addresses"],
  compile(value, context, path): Condition {
    const match = numberMatcher(value, "address", "arguments", context, path);
    return {
      attributes: attribute.holds,
      evaluate({ facts, group }) {
        const held = facts.held.of(group!.first);
        if (held.length > 0) return held.flatMap((address) => [...match(address)]);
        return facts.dump.capabilities.has("arguments") ? truth(false) : unknown("arguments");
      },
    };
  },
};

export const mayHold: Predicate = byAddressOrType(
  "holds",
  {
    all: "A lock that somebody waits for and that it may hold, or a pool that it may have a part of. By address: an outer frame has a pointer to the object that the lock lies in, or the pool has started a goroutine for it. By type: an outer frame is a method of a type whose methods wait for a lock. Inferred, never observed; the lock that it waits for itself is left out.",
    address: "Address of the lock or pool.",
    type: "Type whose lock somebody waits for, with a method on this stack.",
  },
  "$HAVE",
  mayHoldAddress,
  (types, stackIndex) => types.held(stackIndex),
);

export const blocks: Predicate = {
  key: "blocks",
  schema: {
    ...rangeSchema,
    properties: {
      ...(rangeSchema.properties as Record<string, JsonSchema>),
      certainty: {
        type: "string",
        enum: ["inferred", "not ruled out"],
        description:
          "How sure the edges are that count: `inferred` (without this) are pointers and creators; `not ruled out` adds types where addresses are dead, and pointers to channels.",
        examples: ["not ruled out"],
      },
    },
    description:
      "How many goroutines wait behind it: for a lock or pool that it may hold, or for it in WaitGroup.Wait, and those who wait for them in turn. Inferred as `holds` is; needs addresses, or the ids of creators (Go 1.21).",
    examples: [{ gte: 10 }, { gte: 10, certainty: "not ruled out" }],
  },
  needs: ["arguments", "lock-addresses"],
  compile(value, context, path): Condition {
    const { certainty, ...range } = value as Record<string, unknown>;
    const test = rangeTest(range, context, path);
    const atLeast = certainty as BlockingCertainty | undefined;
    const own = atLeast === "not ruled out" ? attribute.arguments : 0;
    return {
      attributes: attribute.holds | attribute.creator | attribute.resource | own,
      evaluate({ facts, group }) {
        if (test(facts.blocking.behind(group!.first, atLeast))) return truth(true);
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
      "An outer frame, beyond the one that calls Lock, has a pointer to the owner of the very lock that it waits for: it may be locking what it holds. The function that was started with `go` does not count.",
    examples: [true],
  },
  needs: ["arguments", "lock-addresses"],
  compile(value): Condition {
    return {
      attributes: attribute.holds,
      evaluate({ facts, group }) {
        const can = facts.dump.capabilities.has("arguments") ? truth(true) : unknown("arguments");
        const found = facts.held.reenters(group!.first);
        return conjoin(found || facts.dump.capabilities.has("arguments") ? truth(found === value) : can, can);
      },
    };
  },
};
