import type { Finding } from "./report.ts";

/** What of a finding is shown in full reports only, and costs more than all else of it. */
export type FindingParts = Pick<Finding, "message" | "bindings" | "roles" | "evidence" | "graph">;

/** All else. */
export type FindingHead = Omit<Finding, keyof FindingParts>;

/** What findings are made of whose parts may not be worked out yet. */
const madeOf = new WeakMap<Finding, { readonly head: FindingHead; readonly parts: () => FindingParts }>();

/** A finding whose parts are worked out when somebody reads the first of them: most reports print a few of thousands. */
export function findingWith(head: FindingHead, parts: () => FindingParts): Finding {
  const { variant, statusReason, collectWith } = head;
  const finding: Finding = {
    ruleId: head.ruleId,
    title: head.title,
    severity: head.severity,
    confidence: head.confidence,
    rank: head.rank,
    get message() {
      return parts().message;
    },
    why: head.why,
    fix: head.fix,
    references: head.references,
    fingerprint: head.fingerprint,
    ...(variant === undefined ? {} : { variant }),
    status: head.status,
    dump: head.dump,
    occurrences: head.occurrences,
    get bindings() {
      return parts().bindings;
    },
    get roles() {
      return parts().roles;
    },
    get evidence() {
      return parts().evidence;
    },
    ...(collectWith === undefined ? {} : { collectWith }),
    get graph() {
      return parts().graph;
    },
    symptoms: head.symptoms,
    gated: head.gated,
    ...(statusReason === undefined ? {} : { statusReason }),
  };
  madeOf.set(finding, { head, parts });
  return finding;
}

/** A finding with other values; what is worked out later still is. */
export function changed(finding: Finding, changes: Partial<FindingHead>): Finding {
  const made = madeOf.get(finding);
  return made === undefined
    ? { ...finding, ...changes }
    : findingWith({ ...made.head, ...changes }, made.parts);
}

/** Findings with all that they say, which nothing needs to be kept for. */
export function inFull(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, symptoms: inFull(finding.symptoms) }));
}
