import { InputError, KnownError, RuleError, type RuleProblem } from "../errors.ts";
import { visible } from "../report/escape.ts";

/** Exit code of an error: 3 when the input is at fault, else 2. */
export function exitCodeOf(error: unknown): 2 | 3 {
  return error instanceof InputError ? 3 : 2;
}

/** An error as text for people: what, where, why, what to do. Anything unknown keeps its stack, for a bug report. */
export function errorText(error: unknown): string {
  if (error instanceof RuleError) return `${error.problems.map(problemText).join("\n")}\n`;
  if (error instanceof KnownError) {
    const hint = error.hint === undefined ? "" : `\n  ${visible(error.hint)}`;
    return `deadlock-lint: ${visible(error.message)}${hint}\n`;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `deadlock-lint: internal error, please report it\n${stack.split("\n").map(visible).join("\n")}\n`;
}

/** One mistake of a file, with its line and a caret. */
export function problemText(problem: RuleProblem): string {
  const { file, position, severity, message, hint, sourceLine } = problem;
  const lines = [`${file}:${position.line}:${position.column}: ${severity}: ${message}`];
  if (sourceLine !== undefined) {
    const number = String(position.line);
    lines.push(`  ${number} | ${sourceLine.replaceAll("\t", " ")}`);
    lines.push(
      `  ${" ".repeat(number.length)} | ${" ".repeat(Math.min(position.column - 1, sourceLine.length))}^`,
    );
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.map(visible).join("\n");
}
