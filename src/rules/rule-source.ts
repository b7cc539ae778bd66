import type { Certainty, Confidence, Severity } from "../report/report.ts";
import type { TestSource } from "./test-source.ts";

/** `{gte: 5}`; a value may be `$params.name`. */
export type Range = Partial<Record<"gte" | "gt" | "lte" | "lt" | "eq", number | string>>;

/** Pattern over texts: a glob, `/regexp/`, `@list`, `$CAPTURE`, or several of them of which one must match. */
export type TextPattern = string | readonly string[];

/** A frame: the whole function name, or several properties. */
export type FrameSource = string | Readonly<Record<string, unknown>>;

/** Conditions on a goroutine, as written. */
export type ConditionSource = Readonly<Record<string, unknown>>;

/** One role: conditions, and how it takes part in the finding. */
export interface RoleSource extends ConditionSource {
  readonly title?: string;
  readonly count?: Range;
  readonly share?: Range;
  readonly optional?: boolean;
  readonly witness?: boolean;
  readonly absent?: boolean;
}

/** One step of the ladder `joined-by`: variables that must all be known and equal. */
export interface JoinSource {
  readonly on: string | readonly string[];
  readonly confidence?: Confidence;
}

/** When a confidence is raised or lowered. */
export type WhenSource = Readonly<Record<string, unknown>>;

export interface ConfidenceSource {
  readonly base: Confidence;
  readonly raise?: readonly { readonly to: Confidence; readonly when: WhenSource }[];
  readonly lower?: readonly { readonly to: Confidence; readonly when: WhenSource }[];
}

export interface ParamSource {
  readonly default: number | string | boolean;
  readonly description?: string;
  readonly min?: number;
  readonly max?: number;
}

/** A rule as written in YAML. */
export interface RuleSource {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, number | string | boolean | ParamSource>>;
  /** Conditions on the dump as a whole. */
  readonly dump?: { readonly event?: TextPattern };
  readonly roles: Readonly<Record<string, RoleSource>>;
  readonly "joined-by"?: readonly JoinSource[];
  readonly cycle?: {
    readonly role: string;
    readonly edge: readonly [string, string];
    readonly length?: Range;
  };
  readonly confidence?: ConfidenceSource | Confidence;
  /** Severity when a condition holds; the last that holds wins. */
  readonly escalate?: readonly { readonly severity: Severity; readonly when: WhenSource }[];
  readonly unless?: readonly WhenSource[];
  readonly "only-with"?: "source";
  readonly explains?: readonly string[];
  readonly "explained-by"?: readonly string[];
  /** Arrows of the finding's picture; ends that are no role are resources. */
  readonly picture?: readonly {
    readonly from: string;
    readonly to: string;
    readonly label: string;
    readonly certainty?: Certainty;
  }[];
  readonly message: string;
  readonly why?: string;
  readonly fix?: string;
  readonly references?: readonly string[];
  readonly tests?: readonly TestSource[];
}

/** A rule file as written. */
export interface RuleFileSource {
  readonly schema: 1;
  readonly defaults?: Partial<RuleSource>;
  readonly define?: Readonly<Record<string, unknown>>;
  readonly rules: readonly RuleSource[];
}
