import { readFile } from "node:fs/promises";
import { flowText } from "../rules/flow-text.ts";
import type { Expectation } from "../rules/test-source.ts";
import { observed } from "./compare.ts";
import type { TestResult } from "./run-tests.ts";

/** Longer expectations are written over several lines. */
const maxColumns = 110;

/** A test file with its new text, and the tests that could not be written. */
export interface UpdatedFile {
  readonly file: string;
  readonly text: string;
  readonly updated: number;
  /** Names of tests written in braces, whose text can't be edited. */
  readonly skipped: readonly string[];
}

/** New texts of the files whose tests failed: `expect` is replaced, everything else stays as it is. */
export async function updatedFiles(results: readonly TestResult[]): Promise<UpdatedFile[]> {
  const failed = results.filter((r) => r.status === "failed");
  const files = [...new Set(failed.map((r) => r.test.file))];
  return Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(file, "utf8")).split("\n");
      const skipped: string[] = [];
      const edits = failed.filter((r) => r.test.file === file).map((r) => ({ result: r, ...placeOf(r) }));
      // From the bottom up, so that line numbers above stay right.
      edits.sort((a, b) => b.line - a.line);
      for (const { result, line, column } of edits) {
        if (!replaceExpect(lines, line - 1, column - 1, result)) skipped.push(result.test.source.name);
      }
      return { file, text: lines.join("\n"), updated: edits.length - skipped.length, skipped };
    }),
  );
}

/** Where `expect` stands, or else the key before which it goes. */
function placeOf({ test }: TestResult): { line: number; column: number } {
  const key = test.source.expect === undefined ? "/dump" : "/expect";
  return test.problem(key, "", undefined, true).position;
}

function replaceExpect(lines: string[], index: number, column: number, result: TestResult): boolean {
  const { expect } = result.test.source;
  const line = lines[index]!;
  // In block style only white space and `- ` stand before a key.
  if (!/^[\s-]*$/.test(line.slice(0, column))) return false;
  const expectText = expectLines(observed(result.findings, expect), column).join("\n");
  if (expect === undefined) {
    const { dump } = result.test.source;
    // Behind the dump where that is a name on this line; before a text, which goes on below.
    if (typeof dump === "string" && line.slice(column).includes(dump)) {
      lines.splice(index + 1, 0, " ".repeat(column) + expectText);
    } else {
      lines.splice(index, 1, line.slice(0, column) + expectText, " ".repeat(column) + line.slice(column));
    }
    return true;
  }
  let end = index + 1;
  while (end < lines.length && lines[end]!.trim() !== "" && /^\s*/.exec(lines[end]!)![0].length > column)
    end++;
  lines.splice(index, end - index, line.slice(0, column) + expectText);
  return true;
}

/** `expect` on one line where that is short, else a line a key; the first line is not yet indented. */
function expectLines(expected: Expectation, column: number): string[] {
  return keyLines("expect", expected, column);
}

function keyLines(key: string, value: unknown, column: number): string[] {
  const flow = `${flowText(key)}: ${flowText(value)}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [flow];
  if (column + flow.length <= maxColumns) return [flow];
  const indent = " ".repeat(column + 2);
  const below = Object.entries(value).flatMap(([k, v]) => keyLines(k, v, column + 2));
  return [`${flowText(key)}:`, ...below.map((line) => (line.startsWith(indent) ? line : indent + line))];
}
