import { parseSymbol } from "../model/symbol.ts";
import { participating } from "../report/describe.ts";
import { changed, changedAll } from "../report/later.ts";
import type { Finding, Report } from "../report/report.ts";
import { compileText } from "../rules/pattern.ts";

/** Findings that are known and fine for now. */
export interface Suppression {
  /** Id of the rule, or a glob. */
  readonly rule: string;
  readonly role?: string;
  /** Glob over Go names: some stack of the finding (of the role) shows such a function. */
  readonly function?: string;
  readonly reason: string;
  readonly owner?: string;
  /** Last day on which it applies, `2027-03-31`. */
  readonly expires?: string;
  /** Where it was written. */
  readonly at: { readonly file: string; readonly line: number };
}

/**
 * Marks findings that a suppression selects, with the symptoms below them. Expired suppressions select nothing, and
 * a note says so when there is something that they would have selected; unused ones are noted, too.
 * @param today `2026-11-24`
 */
export function applySuppressions(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  today: string,
): { findings: readonly Finding[]; notes: Report["notes"] } {
  if (suppressions.length === 0) return { findings, notes: [] };
  const used = new Set<Suppression>();
  const compiled = suppressions.map((s) => ({ suppression: s, selects: selector(s) }));
  const mark = (finding: Finding): Finding => {
    const hits = compiled.filter((c) => c.selects(finding));
    for (const { suppression } of hits) used.add(suppression);
    const valid = hits.find(({ suppression }) => !isExpired(suppression, today));
    if (valid !== undefined) return suppress(finding, reasonOf(valid.suppression));
    return changed(finding, { symptoms: changedAll(finding.symptoms, mark) });
  };
  const marked = changedAll(findings, mark);
  const notes = suppressions.flatMap((s): Report["notes"] => {
    const where = `${s.at.file}:${s.at.line}`;
    if (isExpired(s, today)) {
      const back = used.has(s) ? "; its findings are back" : " and is unused: remove it";
      return [
        {
          level: "warning",
          message: `the suppression of ${s.rule} (${where}) expired on ${s.expires}${back}`,
        },
      ];
    }
    if (used.has(s)) return [];
    return [{ level: "warning", message: `the suppression of ${s.rule} (${where}) is unused: remove it` }];
  });
  return { findings: marked, notes };
}

function isExpired(suppression: Suppression, today: string): boolean {
  return suppression.expires !== undefined && suppression.expires < today;
}

function reasonOf({ reason, owner, expires }: Suppression): string {
  const more = [owner, expires === undefined ? undefined : `until ${expires}`].filter((t) => t !== undefined);
  return more.length === 0 ? reason : `${reason} (${more.join(", ")})`;
}

/** A finding that is explained by a suppressed one is as known as that. */
function suppress(finding: Finding, statusReason: string): Finding {
  return changed(finding, {
    status: "suppressed",
    statusReason,
    symptoms: finding.symptoms.map((s) => suppress(s, statusReason)),
  });
}

function selector(suppression: Suppression): (finding: Finding) => boolean {
  const rule = compileText(suppression.rule);
  const fn = suppression.function === undefined ? undefined : compileText(suppression.function);
  return (finding) => {
    if (!rule(finding.ruleId)) return false;
    const roles = participating(finding).filter(
      (r) => suppression.role === undefined || r.name === suppression.role,
    );
    if (fn === undefined) return suppression.role === undefined || roles.length > 0;
    return roles.some((r) => r.stacks.some((s) => s.frames.some((f) => fn(parseSymbol(f.function).plain))));
  };
}
