/** A dump's lines, or whole dumps, as log stores hand them out: oldest first. */
export interface ExportedRecord {
  readonly text: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly process: string;
}

/** The forms in which log stores export records, in the order in which they are given. */
export const logExports: Readonly<Record<string, (records: readonly ExportedRecord[]) => string>> = {
  "Loki query_range": (records) =>
    JSON.stringify({
      status: "success",
      data: {
        resultType: "streams",
        // One process writes into a stream for each level that Loki detects.
        result: processes(records).flatMap((pod) =>
          ["info", "unknown"].map((level, n) => ({
            stream: { namespace: "shop", pod, detected_level: level },
            values: records
              .filter((r) => r.process === pod && Number(r.text.includes("main")) === n)
              .map((r) => [`${r.time}`, r.text]),
          })),
        ),
        stats: { summary: { bytesProcessedPerSecond: 1 } },
      },
    }),
  "Grafana's JSON": (records) =>
    JSON.stringify(
      records.map((r) => ({
        line: r.text,
        timestamp: `${r.time}`,
        date: iso(r.time, 3),
        fields: { pod: r.process },
      })),
    ),
  Elasticsearch: (records) =>
    JSON.stringify({
      took: 3,
      timed_out: false,
      _shards: { total: 1, failed: 0 },
      hits: {
        total: { value: records.length, relation: "eq" },
        hits: records.map((r, n) => ({
          _index: "logs-2026.01.02",
          _id: `id${n}`,
          _source: {
            "@timestamp": iso(r.time, 3),
            message: r.text,
            log: { level: "info", file: { path: "/var/log/x.log" } },
            kubernetes: { pod: { name: r.process } },
          },
          sort: [n],
        })),
      },
    }),
  "CloudWatch get-log-events": (records) =>
    JSON.stringify(
      {
        events: records.map((r) => ({
          logStreamName: r.process,
          timestamp: Number(r.time / 1_000_000n),
          message: r.text,
          ingestionTime: 1_767_323_050_000,
          eventId: "3",
        })),
        nextForwardToken: "f/3",
      },
      null,
      4,
    ),
  "CloudWatch Insights": (records) =>
    JSON.stringify({
      results: records.map((r) => [
        { field: "@timestamp", value: iso(r.time, 3).replace("T", " ").replace("Z", "") },
        { field: "@message", value: r.text },
        { field: "@logStream", value: r.process },
        { field: "@ptr", value: "CmEKJgoiMTIz" },
      ]),
      status: "Complete",
    }),
  "gcloud logging read, textPayload": (records) =>
    JSON.stringify(
      records.map((r, n) => ({
        insertId: `x${n}`,
        logName: "projects/p/logs/stderr",
        receiveTimestamp: "2026-01-02T04:00:00.1Z",
        resource: { labels: { pod_name: r.process, container_name: "api" }, type: "k8s_container" },
        severity: n % 3 === 0 ? "ERROR" : "INFO",
        textPayload: r.text,
        timestamp: iso(r.time, 9),
      })),
      null,
      2,
    ),
  "gcloud logging read, jsonPayload": (records) =>
    JSON.stringify(
      records.map((r) => ({
        jsonPayload: { level: "error", message: r.text },
        resource: { labels: { pod_name: r.process } },
        timestamp: iso(r.time, 9),
      })),
    ),
  "Datadog's API": (records) =>
    JSON.stringify({
      data: records.map((r, n) => ({
        id: `AQ${n}`,
        type: "log",
        attributes: { status: "info", host: r.process, timestamp: iso(r.time, 3), message: r.text },
      })),
      meta: { elapsed: 132, status: "done" },
    }),
  "Datadog's CSV": (records) =>
    csv([
      ["Date", "Host", "Service", "Message"],
      ...records.map((r) => [iso(r.time, 3), r.process, "api", r.text]),
    ]),
  "Kibana's CSV": (records) =>
    csv([
      ["@timestamp", "host.name", "message", "_id"],
      ...records.map((r) => [`Jan 2, 2026 @ ${iso(r.time, 3).slice(11, 23)}`, r.process, r.text, "abc"]),
    ]),
  "CloudWatch Insights' CSV": (records) =>
    csv([
      ["@timestamp", "@logStream", "@message"],
      ...records.map((r) => [iso(r.time, 3).replace("T", " ").replace("Z", ""), r.process, r.text]),
    ]),
};

function processes(records: readonly ExportedRecord[]): string[] {
  return [...new Set(records.map((r) => r.process))];
}

function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

function iso(time: bigint, digits: number): string {
  const date = new Date(Number(time / 1_000_000n)).toISOString();
  return `${date.slice(0, 20)}${String(time % 1_000_000_000n)
    .padStart(9, "0")
    .slice(0, digits)}Z`;
}
