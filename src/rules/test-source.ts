import type { Confidence, Severity } from "../report/report.ts";
import type { Range } from "./rule-source.ts";

/** What a test expects of a finding; `none`: that there is none. */
export type Expectation = "none" | FindingExpectation;

export interface FindingExpectation {
  readonly findings?: number | Range;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  /** Glob. */
  readonly message?: string;
  readonly roles?: Readonly<Record<string, number | Range>>;
  /** Globs by variable, without `$`. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly symptoms?: readonly string[];
}

/** A test of a rule as written. */
export interface TestSource {
  /** Given in `*.test.yaml`; in a rule file it is the rule that the test stands in. */
  readonly rule?: string;
  readonly name: string;
  readonly dump: string | readonly string[];
  /** Folders with Go source, beside the file of the test. */
  readonly source?: string | readonly string[];
  readonly "go-version"?: string;
  readonly expect?: Expectation;
  readonly todo?: boolean;
}
