import type { Finding } from "./report.ts";

/** What becomes of a finding after it was found: a run numbers, judges and gates it. */
export type Standing = Pick<Finding, "fingerprint" | "status" | "statusReason" | "symptoms" | "gated">;

/** All else of a finding. */
export type Told = Omit<Finding, keyof Standing>;

/**
 * A finding whose parts are worked out when somebody reads them: most reports print a few of thousands. Its properties are
 * those of its class, so whoever copies it takes `whole`.
 */
class LaterFinding implements Finding {
  readonly fingerprint: string;
  readonly status: Finding["status"];
  readonly statusReason: string | undefined;
  readonly symptoms: readonly Finding[];
  readonly gated: boolean;
  readonly #told: Told;

  constructor(told: Told, standing: Standing) {
    this.#told = told;
    this.fingerprint = standing.fingerprint;
    this.status = standing.status;
    this.statusReason = standing.statusReason;
    this.symptoms = standing.symptoms;
    this.gated = standing.gated;
  }

  get ruleId(): string {
    return this.#told.ruleId;
  }

  get title(): string {
    return this.#told.title;
  }

  get severity(): Finding["severity"] {
    return this.#told.severity;
  }

  get confidence(): Finding["confidence"] {
    return this.#told.confidence;
  }

  get rank(): number {
    return this.#told.rank;
  }

  get message(): string {
    return this.#told.message;
  }

  get why(): string {
    return this.#told.why;
  }

  get fix(): string {
    return this.#told.fix;
  }

  get references(): readonly string[] {
    return this.#told.references;
  }

  get variant(): readonly string[] | undefined {
    return this.#told.variant;
  }

  get dump(): string {
    return this.#told.dump;
  }

  get occurrences(): number {
    return this.#told.occurrences;
  }

  get bindings(): Finding["bindings"] {
    return this.#told.bindings;
  }

  get roles(): Finding["roles"] {
    return this.#told.roles;
  }

  get evidence(): Finding["evidence"] {
    return this.#told.evidence;
  }

  get collectWith(): Finding["collectWith"] {
    return this.#told.collectWith;
  }

  get graph(): Finding["graph"] {
    return this.#told.graph;
  }

  with(changes: Partial<Standing>): Finding {
    return new LaterFinding(this.#told, { ...this, ...changes });
  }

  /** As a plain object; `JSON.stringify` asks for it. */
  toJSON(): Finding {
    const { variant, collectWith, statusReason } = this;
    return {
      ruleId: this.ruleId,
      title: this.title,
      severity: this.severity,
      confidence: this.confidence,
      rank: this.rank,
      message: this.message,
      why: this.why,
      fix: this.fix,
      references: this.references,
      fingerprint: this.fingerprint,
      ...(variant === undefined ? {} : { variant }),
      status: this.status,
      dump: this.dump,
      occurrences: this.occurrences,
      bindings: this.bindings,
      roles: this.roles,
      evidence: this.evidence,
      ...(collectWith === undefined ? {} : { collectWith }),
      graph: this.graph,
      symptoms: this.symptoms,
      gated: this.gated,
      ...(statusReason === undefined ? {} : { statusReason }),
    };
  }
}

/** A finding of a kind that is told by `told`, each property when it is read. */
export function findingWith(told: Told, standing: Standing): Finding {
  return new LaterFinding(told, standing);
}

/** A finding of which another stands; the same where nothing changes. What is worked out later still is. */
export function changed(finding: Finding, changes: Partial<Standing>): Finding {
  const names = Object.keys(changes) as (keyof Standing)[];
  if (names.every((name) => finding[name] === changes[name])) return finding;
  return finding instanceof LaterFinding ? finding.with(changes) : { ...finding, ...changes };
}

/** A list of findings, each changed; the same list where none is. */
export function changedAll(
  findings: readonly Finding[],
  change: (finding: Finding) => Finding,
): readonly Finding[] {
  let copy: Finding[] | undefined;
  for (let i = 0; i < findings.length; i++) {
    const finding = change(findings[i]!);
    if (finding === findings[i]) continue;
    copy ??= [...findings];
    copy[i] = finding;
  }
  return copy ?? findings;
}

/** A value, and all that a finding says, as a plain object, which may be copied and taken apart. */
export function whole<T>(value: T): T {
  return value instanceof LaterFinding ? (value.toJSON() as T) : value;
}

/** Findings with all that they say, which nothing needs to be kept for. */
export function inFull(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...whole(finding), symptoms: inFull(finding.symptoms) }));
}
