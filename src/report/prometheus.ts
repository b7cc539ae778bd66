import { newFindings, severitiesWorstFirst } from "./describe.ts";
import { prometheusLabel } from "./escape.ts";
import type { Report, Reporter } from "./report.ts";

/** Gauges for a push gateway or the node exporter's textfile collector. */
export const reporter: Reporter = {
  id: "prometheus",
  title: "Prometheus text, for a metrics gateway",
  report: (report) => metricsOf(report).map(exposition).join(""),
};

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

function metricsOf(report: Report): Metric[] {
  const { summary, gate, dumps, findings, notEvaluable } = report;
  const plain = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    {
      name: "info",
      help: "Version of the tool.",
      samples: [{ labels: { version: report.tool.version }, value: 1 }],
    },
    {
      name: "exit_code",
      help: "0 clean, 1 findings at the gate, 2 could not run, 3 incomplete input.",
      samples: plain(gate.exitCode),
    },
    {
      name: "gate_failed",
      help: "1 when a finding is at or above the gate.",
      samples: plain(gate.failed ? 1 : 0),
    },
    { name: "goroutines", help: "Goroutines in all dumps.", samples: plain(summary.goroutines) },
    {
      name: "blocked_goroutines",
      help: "Goroutines that only another goroutine can release.",
      samples: plain(summary.blocked),
    },
    {
      name: "new_findings",
      help: "New findings by severity.",
      samples: severitiesWorstFirst.map((severity) => ({
        labels: { severity },
        value: summary.bySeverity[severity],
      })),
    },
    {
      name: "gated_findings",
      help: "New findings at or above the gate.",
      samples: plain(newFindings(report).filter(({ gated }) => gated).length),
    },
    {
      name: "findings",
      help: "Findings by rule, severity, confidence and status.",
      samples: findings.map(({ ruleId, severity, confidence, status }) => ({
        labels: { rule: ruleId, severity, confidence, status },
        value: 1,
      })),
    },
    {
      name: "dump_goroutines",
      help: "Goroutines of a dump.",
      samples: dumps.map(({ name, format, goroutines }) => ({
        labels: { dump: name, format },
        value: goroutines,
      })),
    },
    {
      name: "incomplete_dumps",
      help: "Dumps of which something is missing.",
      samples: plain(dumps.filter(({ complete }) => !complete).length),
    },
    {
      name: "benign_goroutines",
      help: "Goroutines set aside as benign.",
      samples: dumps.flatMap(({ benign }) =>
        benign.map(({ id, count }) => ({ labels: { group: id }, value: count })),
      ),
    },
    {
      name: "rules_not_evaluable",
      help: "Rules that the input can't decide.",
      samples: plain(new Set(notEvaluable.map(({ ruleId }) => ruleId)).size),
    },
  ];
}

/** One metric; samples with the same labels are added up, since the format allows each only once. */
function exposition({ name, help, samples }: Metric): string {
  const full = `deadlock_lint_${name}`;
  const series = new Map<string, number>();
  for (const { labels, value } of samples) {
    const list = Object.entries(labels).map(([key, text]) => `${key}="${prometheusLabel(text)}"`);
    const id = list.length === 0 ? full : `${full}{${list.join(",")}}`;
    series.set(id, (series.get(id) ?? 0) + value);
  }
  const lines = [...series].map(([id, value]) => `${id} ${value}\n`);
  return lines.length === 0 ? "" : `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join("")}`;
}
