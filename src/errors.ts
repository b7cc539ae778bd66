/** Where in a text something is wrong: 1-based line and column. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

interface ErrorDetails {
  /** What the user can do about it, as one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error whose message is meant for the user; anything else that is thrown is a bug of ours. */
export abstract class KnownError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.hint = details.hint;
  }
}

/** The command line, or a path on it, can't be used as asked. Exit code 2. */
export class UsageError extends KnownError {}

/** The input as a whole can't be read as a dump. Exit code 3. */
export class InputError extends KnownError {}

/** One mistake in a rule, config or suppression file. */
export interface RuleProblem {
  readonly file: string;
  readonly position: TextPosition;
  /** What is wrong and what was expected. */
  readonly message: string;
  /** The nearest valid spelling, or what to do. */
  readonly hint?: string;
  /** The line of the file that `position` points into. */
  readonly sourceLine?: string;
  readonly severity: "error" | "warning";
}

/** Rule or config files that can't be used; carries every mistake found. Exit code 2. */
export class RuleError extends KnownError {
  readonly problems: readonly RuleProblem[];

  constructor(problems: readonly RuleProblem[]) {
    super(problems.map((p) => `${p.file}:${p.position.line}:${p.position.column}: ${p.message}`).join("\n"));
    this.problems = problems;
  }
}
