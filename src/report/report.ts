import type { DumpEvent, FormatId, ReadProblem } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";

/** What a finding means if it is true. */
export type Severity = "error" | "warning" | "info";
/** What the evidence supports. */
export type Confidence = "low" | "medium" | "high";
/** `observed`: the dump says so. `inferred`: follows from it. `unknown`: the format can't say. `not ruled out`: nobody could check. */
export type Certainty = "observed" | "inferred" | "unknown" | "not ruled out";

export const severities: readonly Severity[] = ["info", "warning", "error"];
export const confidences: readonly Confidence[] = ["low", "medium", "high"];

export interface ReportSourceLine {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  /** What stands on the line, in words: `send on m.in`. */
  readonly note?: string;
}

export interface ReportFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** This frame is part of the evidence. */
  readonly decisive: boolean;
  readonly inlined?: boolean;
  /** Source lines at and around the frame, with `--source-root`. */
  readonly source?: readonly ReportSourceLine[];
}

export interface ReportStack {
  /** Goroutines with this stack (in this role). */
  readonly count: number;
  readonly waitKind: WaitKind;
  readonly waitReason: string;
  /** The profile does not say the kind of wait: it follows from the order of the runtime's code. */
  readonly waitInferred?: true;
  /** Whole minutes; left out when the dump says none. */
  readonly waitedMinutes?: { readonly min: number; readonly max: number };
  /** Frames missing between or below those listed; -1 when their number is unknown. */
  readonly elided: number;
  readonly frames: readonly ReportFrame[];
  readonly createdBy?: ReportFrame;
  /** First ids of the goroutines with this stack; empty in formats without ids. */
  readonly goroutines: readonly number[];
  /** Channel or lock that they wait for, `0xc000012345`, when all wait for one known address. */
  readonly resource?: string;
  /** Profiler labels of these goroutines, by falling count, at most 5 sets; left out when there are none. */
  readonly labels?: readonly { readonly labels: Readonly<Record<string, string>>; readonly count: number }[];
}

export interface ReportRole {
  readonly name: string;
  /** What the role is, in the rule's words. */
  readonly title: string;
  readonly count: number;
  /** All variables that join this role to the others are known and equal. */
  readonly confirmed: boolean;
  /** First ids, ascending, at most 10. */
  readonly goroutines: readonly number[];
  /** Distinct stacks by falling count, at most 5. */
  readonly stacks: readonly ReportStack[];
  /** How many distinct stacks are not listed. */
  readonly stacksOmitted: number;
  /** They take no part: the first that was found of those by whom the finding weighs less. */
  readonly witness?: true;
}

export interface ReportEvidence {
  readonly text: string;
  readonly certainty: Certainty;
}

/** The picture of a finding: roles and the things between them. */
export interface ReportGraph {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: "role" | "channel" | "lock" | "waitgroup" | "cond" | "resource";
    readonly label: string;
    /** Goroutines of a role; left out for resources. */
    readonly count?: number;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    /** `parked sending to`, `should receive from`, `waits for`, `may hold`, `created`. */
    readonly label: string;
    readonly certainty: Certainty;
  }[];
}

/** Labels of arrows that say where goroutines come from: nobody waits along them. */
export const originLabels: ReadonlySet<string> = new Set(["started", "created"]);

export interface Finding {
  readonly ruleId: string;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** 0 to 100, see docs/ranking.md. */
  readonly rank: number;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  readonly references: readonly string[];
  /** 16 hexadecimal digits; survives rebuilds and reruns. */
  readonly fingerprint: string;
  /**
   * What tells it from others of its rule in the same functions: closures as this build numbers them, and what the rule
   * binds, such as lines; left out where nothing does.
   */
  readonly variant?: readonly string[] | undefined;
  readonly status: "new" | "baseline" | "suppressed";
  /** Reason, owner and expiry of the suppression or baseline entry that applies. */
  readonly statusReason?: string | undefined;
  /** Name of the dump that it was found in. */
  readonly dump: string;
  /** How many times the same thing was found at different addresses; 1 mostly. */
  readonly occurrences: number;
  readonly bindings: Readonly<Record<string, string>>;
  readonly roles: readonly ReportRole[];
  readonly evidence: readonly ReportEvidence[];
  /** What would raise the confidence, and the command that collects it. */
  readonly collectWith?: { readonly missing: string; readonly command: string } | undefined;
  readonly graph: ReportGraph;
  /** Findings that this one explains. */
  readonly symptoms: readonly Finding[];
  /** New, at or above the gate, and not the symptom of a finding that is. */
  readonly gated: boolean;
}

export interface ReportDump {
  readonly name: string;
  readonly format: FormatId;
  readonly goVersion?: string;
  readonly headersSeen: number;
  readonly goroutines: number;
  readonly repeated: number;
  readonly distinctStacks: number;
  readonly complete: boolean;
  /** 0 to 1, where known. */
  readonly missingShare?: number;
  readonly problems: readonly ReadProblem[];
  readonly events: readonly DumpEvent[];
  /** What this dump can't know: `channel addresses`, `wait reasons` … */
  readonly unknown: readonly string[];
  /** Goroutines set aside as benign, by rule. */
  readonly benign: readonly { readonly id: string; readonly title: string; readonly count: number }[];
  /** Distinct stacks by falling count, all goroutines of the dump; at most 2,000. */
  readonly stacks: readonly ReportStack[];
  readonly stacksOmitted: { readonly stacks: number; readonly goroutines: number };
}

export interface ReportRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly references: readonly string[];
}

/** Everything that a reporter may print, and exactly what `--format json` writes (`schemas/report.schema.json`). */
export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: "deadlock-lint"; readonly version: string };
  readonly dumps: readonly ReportDump[];
  /** By rank; symptoms are nested in the finding that explains them, and not repeated. */
  readonly findings: readonly Finding[];
  /** Rules that this input can't decide. */
  readonly notEvaluable: readonly {
    readonly ruleId: string;
    readonly dump: string;
    readonly reason: string;
    readonly collectWith: string;
  }[];
  /** All rules that ran. */
  readonly rules: readonly ReportRule[];
  /** Limits hit, stale suppressions, budgets exceeded and the like. */
  readonly notes: readonly { readonly level: "error" | "warning" | "info"; readonly message: string }[];
  readonly summary: {
    readonly goroutines: number;
    readonly blocked: number;
    /** Findings of status `new`; symptoms are not counted. */
    readonly bySeverity: Readonly<Record<Severity, number>>;
    readonly suppressed: number;
    readonly baseline: number;
  };
  readonly gate: {
    readonly failOn: Severity | "never";
    readonly minConfidence: Confidence;
    readonly failed: boolean;
    /** 0 clean, 1 findings at the gate, 3 input not fully analysed. */
    readonly exitCode: 0 | 1 | 2 | 3;
    /** Why, a sentence each. */
    readonly reasons: readonly string[];
  };
}

/** A reporter is pure: no I/O, no clock, no exit code, no colour unless told. */
export interface Reporter {
  readonly id: string;
  readonly title: string;
  report(report: Report, options: ReporterOptions): string;
}

/** `--path-map from=to`: files whose path begins with `from` are shown with `to` instead. */
export interface PathMapping {
  readonly from: string;
  readonly to: string;
}

export interface ReporterOptions {
  readonly color: boolean;
  /** Columns of the terminal; 0 for no limit. */
  readonly width: number;
  readonly verbose: boolean;
  /** One line a finding, nothing else unless the run went wrong. */
  readonly quiet: boolean;
  /** At most so many findings in formats for people; 0 for all. */
  readonly maxFindings: number;
  /** The first mapping that fits is applied. */
  readonly pathMap: readonly PathMapping[];
  /** Absolute directory that files are shown relative to, mostly the repository; "" for none. */
  readonly root: string;
  /** Options of single formats, such as `sarifSuppressed`. */
  readonly extra: Readonly<Record<string, string>>;
}

/** What a reporter prints into a file when nothing else is asked. */
export const defaultReporterOptions: ReporterOptions = {
  color: false,
  width: 80,
  verbose: false,
  quiet: false,
  maxFindings: 0,
  pathMap: [],
  root: "",
  extra: {},
};
