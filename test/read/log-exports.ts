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
  "gcloud logging read, YAML": (records) =>
    records
      .map(
        (r, n) =>
          `---\ninsertId: x${n}\nlogName: projects/p/logs/stderr\nreceiveTimestamp: '2026-01-02T04:00:00.1Z'\n` +
          `resource:\n  labels:\n    container_name: api\n    pod_name: ${r.process}\n  type: k8s_container\n` +
          `textPayload: ${yamlScalar(r.text)}\ntimestamp: '${iso(r.time, 9)}'\n`,
      )
      .join(""),
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
  "Azure's CSV": (records) =>
    csv([
      ["TenantId", "TimeGenerated [UTC]", "ContainerID", "LogEntrySource", "LogEntry"],
      ...records.map((r) => ["t-1", american(r.time), r.process, "stderr", r.text]),
    ]),
  "Splunk's CSV": (records) =>
    csv([
      ["_serial", "_time", "host", "sourcetype", "_raw"],
      ...records.map((r, n) => [`${n}`, iso(r.time, 3).replace("Z", "+0000"), r.process, "go", r.text]),
    ]),
  "Sumo Logic's CSV": (records) =>
    csv([
      ["_messagetime", "_sourceHost", "_raw"],
      ...records.map((r) => [`${r.time / 1_000_000n}`, r.process, r.text]),
    ]),
  "Grafana's CSV": (records) =>
    csv([
      ["labels", "Time", "Line", "tsNs", "id"],
      ...records.map((r, n) => {
        const labels = JSON.stringify({ pod: r.process, detected_level: n % 2 === 0 ? "info" : "unknown" });
        return [labels, iso(r.time, 3).slice(0, 23).replace("T", " "), r.text, `${r.time}`, `${n}_A`];
      }),
    ]),
  "a table of columns that nobody knows": (records) =>
    csv([
      ["Occurred", "Pod name", "Level", "What it said"],
      ...records.map((r) => [iso(r.time, 3), r.process, "info", r.text]),
    ]),
  "a table of them, its text first and parted by semicolons": (records) =>
    `Said;Pod;At (UTC)\n${records.map((r) => `"${r.text.replaceAll('"', '""')}";${r.process};${iso(r.time, 3)}\n`).join("")}`,
  "Azure's REST API": (records) =>
    JSON.stringify({
      tables: [
        {
          name: "PrimaryResult",
          columns: [
            { name: "TimeGenerated", type: "datetime" },
            { name: "PodName", type: "string" },
            { name: "LogMessage", type: "dynamic" },
          ],
          rows: records.map((r) => [iso(r.time, 3), r.process, r.text]),
        },
      ],
    }),
  "Azure's command line": (records) =>
    JSON.stringify(
      records.map((r) => ({
        ContainerID: r.process,
        LogEntry: r.text,
        TableName: "PrimaryResult",
        TimeGenerated: iso(r.time, 7),
      })),
      null,
      2,
    ),
  "OpenSearch's SQL": (records) =>
    JSON.stringify({
      schema: [
        { name: "@timestamp", type: "timestamp" },
        { name: "message", type: "text" },
        { name: "kubernetes.pod_name", type: "keyword" },
      ],
      datarows: records.map((r) => [iso(r.time, 3).slice(0, 23).replace("T", " "), r.text, r.process]),
      total: records.length,
      size: records.length,
      status: 200,
    }),
  "BigQuery's REST API": (records) =>
    JSON.stringify({
      kind: "bigquery#queryResponse",
      schema: {
        fields: ["timestamp", "textPayload", "pod_name"].map((name) => ({ name, type: "STRING" })),
      },
      totalRows: `${records.length}`,
      rows: records.map((r) => ({
        f: [
          `${r.time / 1_000_000_000n}.${String(r.time % 1_000_000_000n)
            .padStart(9, "0")
            .slice(0, 6)}`,
          r.text,
          r.process,
        ].map((v) => ({ v })),
      })),
    }),
  "Grafana's data frames": (records) =>
    JSON.stringify({
      results: {
        A: {
          frames: processes(records).map((pod) => {
            const its = records.filter((r) => r.process === pod);
            return {
              schema: { fields: ["labels", "Time", "Line", "tsNs"].map((name) => ({ name })) },
              data: {
                values: [
                  its.map(() => ({ pod })),
                  its.map((r) => Number(r.time / 1_000_000n)),
                  its.map((r) => r.text),
                  its.map((r) => `${r.time}`),
                ],
              },
            };
          }),
        },
      },
    }),
  "Splunk's results": (records) =>
    JSON.stringify({
      preview: false,
      init_offset: 0,
      messages: [],
      results: records.map((r) => ({ _raw: r.text, _time: iso(r.time, 3), host: r.process })),
    }),
  "New Relic's events": (records) =>
    JSON.stringify({
      results: [
        {
          events: records.map((r) => ({
            message: r.text,
            timestamp: Number(r.time / 1_000_000n),
            hostname: r.process,
          })),
        },
      ],
      performanceStats: { wallClockTime: 5 },
    }),
  "Sumo Logic's messages": (records) =>
    JSON.stringify({
      fields: [{ name: "_messagetime", fieldType: "long", keyField: false }],
      messages: records.map((r) => ({
        map: { _raw: r.text, _messagetime: `${r.time / 1_000_000n}`, _sourcehost: r.process },
      })),
    }),
  "Graylog's messages": (records) =>
    JSON.stringify({
      messages: records.map((r) => ({
        message: { message: r.text, timestamp: iso(r.time, 3), source: r.process, gl2_remote_ip: "10.0.0.1" },
        index: "graylog_0",
      })),
      total_results: records.length,
    }),
  "Graylog's table": (records) =>
    JSON.stringify({
      schema: ["timestamp", "message", "source"].map((field) => ({
        column_type: "field",
        type: "string",
        field,
        name: `field: ${field}`,
      })),
      datarows: records.map((r) => [iso(r.time, 3), r.text, r.process]),
      metadata: { effective_timerange: { type: "absolute" } },
    }),
  "Honeycomb's raw data": (records) =>
    JSON.stringify({
      complete: true,
      data: {
        results: records.map((r) => ({
          data: { Timestamp: iso(r.time, 3), body: r.text, "k8s.pod.name": r.process },
        })),
      },
    }),
  "OpenTelemetry's JSON": (records) =>
    JSON.stringify({
      resourceLogs: processes(records).map((pod) => ({
        resource: { attributes: [{ key: "k8s.pod.name", value: { stringValue: pod } }] },
        scopeLogs: [
          {
            scope: {},
            logRecords: records
              .filter((r) => r.process === pod)
              .map((r) => ({ timeUnixNano: `${r.time}`, body: { stringValue: r.text } })),
          },
        ],
      })),
    }),
  "a list of records whose names nobody knows": (records) =>
    JSON.stringify(records.map((r) => ({ at: iso(r.time, 3), pod: r.process, said: r.text }))),
};

/** Plain, single or double quotes, or a block: as short as it can be. */
function yamlScalar(text: string): string {
  const indented = text.replace(/\n$/, "").replaceAll(/^(?=.)/gm, "  ");
  if (text.includes("\n")) return `${text.endsWith("\n") ? "|" : "|-"}\n${indented}`;
  if (text.includes("\t")) return JSON.stringify(text);
  return /^[a-z][\w .()/*]*$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

function processes(records: readonly ExportedRecord[]): string[] {
  return [...new Set(records.map((r) => r.process))];
}

function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** As the portal of Azure writes it. */
function american(time: bigint): string {
  const [, year, month, day, hour, rest] = /^(\d+)-0?(\d+)-0?(\d+)T(\d+):(.*)Z$/.exec(iso(time, 3))!;
  return `${month}/${day}/${year}, ${Number(hour) % 12 || 12}:${rest} ${Number(hour) < 12 ? "AM" : "PM"}`;
}

function iso(time: bigint, digits: number): string {
  const date = new Date(Number(time / 1_000_000n)).toISOString();
  return `${date.slice(0, 20)}${String(time % 1_000_000_000n)
    .padStart(9, "0")
    .slice(0, digits)}Z`;
}
