import { newFindings } from "./describe.ts";
import { json, visibleReport } from "./escape.ts";
import { namesOf, placesOf, primaryFrame } from "./paths.ts";
import type { Reporter, Severity } from "./report.ts";

/** GitLab knows info, minor, major, critical and blocker. */
const severities: Readonly<Record<Severity, string>> = { error: "critical", warning: "major", info: "info" };

/** The Code Quality report that GitLab shows in merge requests. */
export const reporter: Reporter = {
  id: "gitlab",
  title: "GitLab Code Quality",
  report: (hostile, options) => {
    const report = visibleReport(hostile);
    const placeOf = placesOf(report, options);
    const names = namesOf(report, options);
    const seen = new Map<string, number>();
    const issues = newFindings(report).map((finding) => {
      const n = (seen.get(finding.fingerprint) ?? 0) + 1;
      seen.set(finding.fingerprint, n);
      const frame = primaryFrame(finding, placeOf);
      return {
        description: names.prose(finding.message),
        check_name: finding.ruleId,
        // GitLab drops issues whose fingerprint it has seen: the same thing found in a second dump is another one.
        fingerprint: n === 1 ? finding.fingerprint : `${finding.fingerprint}-${n}`,
        severity: severities[finding.severity],
        location: {
          path: frame ? placeOf(frame).path : finding.dump,
          lines: { begin: frame ? frame.line : 1 },
        },
      };
    });
    return `${json(issues, 2)}\n`;
  },
};
