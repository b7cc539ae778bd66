import type { Condition } from "../match/condition.ts";
import type { Capability } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import type { Certainty, Confidence, Severity } from "../report/report.ts";
import type { ReadText } from "./predicates/frame-properties.ts";
import type { VariableKind } from "./predicates/predicate.ts";

/** A condition with the key and the place it was written at, for `explain`. */
export interface NamedCondition {
  readonly key: string;
  /** As written. */
  readonly source: unknown;
  readonly condition: Condition;
}

/** `optional`: evidence only. `witness`: the same, and the first that is found is enough. `absent`: nobody may play it. */
export type RoleKind = "required" | "optional" | "witness" | "absent";

/** A role as run. */
export interface Role {
  readonly name: string;
  readonly title: string;
  readonly kind: RoleKind;
  /** The only kinds of wait that its members can have, as dumps give them. */
  readonly waits: Condition["waits"];
  /** The only ones with which a goroutine can be known to be a member, as long as no source tells more. */
  readonly knownWaits: Condition["knownWaits"];
  readonly conditions: readonly NamedCondition[];
  /** Words that stand in function names of every stack that its goroutines have; see `StackIndex`. */
  readonly names: readonly string[];
  /** Conditions that the stack alone decides, all of them together. */
  readonly onStack: Condition;
  /** The rest, asked of groups of goroutines. */
  readonly onGroup: Condition;
  /** Whether the number of members is enough; true without `count` when there is at least one. */
  readonly count: (members: number) => boolean;
  /** `count` as written, for `explain`. */
  readonly countText: string | undefined;
  /** The smallest number that `count` accepts. */
  readonly minCount: number;
  /**
   * What all members in one match have in common at the line that blocks: they are goroutines of stacks that have it, too.
   * `undefined`: nothing.
   */
  readonly crowd: ReadText | undefined;
  /** Whether the fraction of all goroutines is enough. */
  readonly share: ((fraction: number) => boolean) | undefined;
  /** Variables that it binds, `$X*` left out: the key of its relation. */
  readonly variables: ReadonlyMap<string, { readonly kind: VariableKind; readonly optional: boolean }>;
  /** Columns of ids (bits of `attribute`) and the variables that they are compared with; `undefined`: with a number. */
  readonly idColumns: ReadonlyMap<number, ReadonlySet<string | undefined>>;
  /** Variables `$X*`. */
  readonly collected: ReadonlySet<string>;
  readonly needs: readonly Capability[];
}

/** A question about a match, for confidence and severity. */
export type When =
  | { readonly kind: "confirmed"; readonly variables: readonly string[] }
  | { readonly kind: "joined"; readonly step: number }
  | { readonly kind: "none"; readonly role: string }
  | {
      readonly kind: "count";
      readonly role: string;
      /** Roles whose goroutines are subtracted. */
      readonly beyond: readonly string[];
      readonly test: (n: number) => boolean;
    }
  | { readonly kind: "share"; readonly role: string; readonly test: (n: number) => boolean }
  | { readonly kind: "every"; readonly role: string; readonly condition: Condition }
  | {
      readonly kind: "some";
      readonly role: string;
      readonly condition: Condition;
      readonly count: (n: number) => boolean;
    }
  | { readonly kind: "all" | "any" | "not"; readonly of: readonly When[] };

/** One step of the ladder by which roles are joined: the first that both sides know decides. */
export interface JoinStep {
  readonly variables: readonly string[];
  readonly confidence: Confidence | undefined;
}

/** A number in a message: the members of a role, their distinct stacks, or the goroutines of the cycle. */
export type MessageCount =
  | { readonly kind: "count"; readonly of: "count" | "stacks"; readonly role: string }
  | { readonly kind: "count"; readonly of: "cycle" };

/** Part of a message: text, or something to fill in. */
export type MessagePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | MessageCount
  | {
      readonly kind: "role";
      readonly role: string;
      readonly property: "waited" | "site" | "function";
    }
  /** `{one|many}`: what fits the number. */
  | { readonly kind: "form"; readonly number: MessageCount; readonly one: string; readonly many: string };

/** An arrow of the finding's picture. */
export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly certainty: Certainty;
}

/** A rule as run. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /** Patterns on the events of the dump, one of which must occur; `undefined`: no condition. */
  readonly event: ((text: string) => boolean) | undefined;
  /**
   * Of each role that must be played, how its goroutines wait (`undefined`: anyhow) and words that functions of their
   * stacks must have: without a stack for each of them the rule does not hold, and the rest of it needs not be compiled.
   */
  readonly requires: readonly {
    readonly waits: ReadonlySet<WaitKind> | undefined;
    readonly names: readonly string[];
  }[];
  readonly roles: readonly Role[];
  readonly joinedBy: readonly JoinStep[];
  readonly cycle:
    | {
        readonly role: string;
        readonly want: string;
        readonly have: string;
        readonly length: (n: number) => boolean;
        readonly maxLength: number;
      }
    | undefined;
  readonly confidence: Confidence;
  readonly raise: readonly { readonly to: Confidence; readonly when: When; readonly text: string }[];
  readonly lower: readonly { readonly to: Confidence; readonly when: When; readonly text: string }[];
  readonly escalate: readonly { readonly severity: Severity; readonly when: When; readonly text: string }[];
  /** It runs only when Go source is at hand. */
  readonly onlyWithSource: boolean;
  /** A match of which one of these is known is none. */
  readonly unless: readonly { readonly when: When; readonly text: string }[];
  /** Tests the ids of rules whose findings this one explains. */
  readonly explains: (ruleId: string) => boolean;
  /** Tests the ids of rules whose findings explain this one's. */
  readonly explainedBy: (ruleId: string) => boolean;
  readonly picture: readonly PictureEdge[];
  readonly variables: ReadonlyMap<string, VariableKind>;
  readonly message: readonly MessagePart[];
  readonly why: string;
  readonly fix: string;
  readonly references: readonly string[];
  readonly tags: readonly string[];
}
