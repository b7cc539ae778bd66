import { UsageError } from "../errors.ts";
import { allFindings } from "../report/describe.ts";
import { json } from "../report/escape.ts";
import type { Finding } from "../report/report.ts";
import type { Judge } from "./judge.ts";

/**
 * One known finding. `fingerprint` decides, and `variant` tells apart what shares one; the rest is for those who read the file.
 */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly ruleId: string;
  readonly message: string;
  readonly variant?: readonly string[] | undefined;
  /** Why it is accepted for now, written by people and kept when the baseline is written again. */
  readonly note?: string;
}

const help = "Write it anew: deadlock-lint baseline write DUMP… --output FILE";

/**
 * Reads a baseline file.
 * @throws UsageError when the text is no baseline or an entry has no fingerprint
 */
export function parseBaseline(text: string, file: string): BaselineEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new UsageError(`${file}: not a baseline: ${(cause as Error).message}`, { hint: help, cause });
  }
  if (!isRecord(value) || value.version !== 1 || !Array.isArray(value.findings))
    throw new UsageError(`${file}: not a baseline: expected {"version": 1, "findings": […]}`, { hint: help });
  return value.findings.map((entry: unknown, i) => parseEntry(entry, `${file}: entry ${i + 1}`));
}

function parseEntry(entry: unknown, where: string): BaselineEntry {
  if (!isRecord(entry) || typeof entry.fingerprint !== "string" || !/^[0-9a-f]{16}$/.test(entry.fingerprint))
    throw new UsageError(`${where} has no fingerprint of 16 hexadecimal digits`, { hint: help });
  return {
    fingerprint: entry.fingerprint,
    ruleId: typeof entry.ruleId === "string" ? entry.ruleId : "",
    message: typeof entry.message === "string" ? entry.message : "",
    ...(isStrings(entry.variant) ? { variant: entry.variant } : {}),
    ...(typeof entry.note === "string" ? { note: entry.note } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === "string");
}

/** The file's text: sorted, a field a line, so that its changes are easy to review. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const findings = [...entries].sort(
    (a, b) => compare(a.ruleId, b.ruleId) || compare(a.fingerprint, b.fingerprint),
  );
  return `${json({ version: 1, findings }, 2)}\n`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Entries for findings and their symptoms, each fingerprint once; notes of `old` entries are kept. */
export function baselineEntries(
  findings: readonly Finding[],
  old: readonly BaselineEntry[] = [],
): BaselineEntry[] {
  const notes = new Map(old.map((e) => [e.fingerprint, e.note]));
  const entries = new Map<string, BaselineEntry>();
  for (const { fingerprint, ruleId, message, variant } of allFindings(findings)) {
    const note = notes.get(fingerprint);
    if (!entries.has(fingerprint))
      entries.set(fingerprint, {
        ...{ fingerprint, ruleId, message },
        ...(variant === undefined ? {} : { variant }),
        ...(note === undefined ? {} : { note }),
      });
  }
  return [...entries.values()];
}

/** Knows the findings of a baseline. */
export function baselineJudge(entries: readonly BaselineEntry[]): Judge {
  const known = new Map(entries.map((e) => [e.fingerprint, e]));
  return ({ fingerprint }) => {
    const entry = known.get(fingerprint);
    if (entry === undefined) return undefined;
    return { status: "baseline", ...(entry.note === undefined ? {} : { reason: entry.note }) };
  };
}

/**
 * Entries that no finding has any more. Those of rules that did not run may still be true and are not among them.
 * @param ran ids of the rules that ran
 */
export function staleEntries(
  entries: readonly BaselineEntry[],
  findings: readonly Finding[],
  ran: ReadonlySet<string>,
): BaselineEntry[] {
  const found = new Set(allFindings(findings).map((f) => f.fingerprint));
  return entries.filter((e) => !found.has(e.fingerprint) && (ran.has(e.ruleId) || e.ruleId === ""));
}

/** A stale entry in words. */
export function staleMessage({ fingerprint, ruleId, message }: BaselineEntry): string {
  const what = [ruleId, message].filter((part) => part !== "").join(": ");
  return `the baseline entry ${fingerprint}${what === "" ? "" : ` (${what})`} matches no finding any more`;
}
