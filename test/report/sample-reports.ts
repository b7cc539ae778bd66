/** Reports by hand, one for each thing that a reporter must be able to say. */
import type {
  Finding,
  Report,
  ReportDump,
  ReportFrame,
  ReportRole,
  ReportRule,
  ReportStack,
} from "../../src/report/report.ts";

function frame(name: string, file: string, line: number, more: Partial<ReportFrame> = {}): ReportFrame {
  return { function: name, file, line, decisive: false, ...more };
}

const goFile = (path: string): string => `/usr/local/go/src/${path}`;

function stack(frames: readonly ReportFrame[], more: Partial<ReportStack> = {}): ReportStack {
  return {
    count: 1,
    waitKind: "chan-send",
    waitReason: "chan send",
    elided: 0,
    frames,
    goroutines: [],
    ...more,
  };
}

function role(name: string, stacks: readonly ReportStack[], more: Partial<ReportRole> = {}): ReportRole {
  return {
    name,
    title: "",
    count: stacks.reduce((sum, { count }) => sum + count, 0),
    confirmed: true,
    goroutines: stacks.flatMap(({ goroutines }) => goroutines).slice(0, 10),
    stacks,
    stacksOmitted: 0,
    ...more,
  };
}

function finding(rule: ReportRule, more: Partial<Finding>): Finding {
  return {
    ruleId: rule.id,
    title: rule.title,
    severity: rule.severity,
    confidence: "medium",
    rank: 50,
    message: rule.title,
    why: rule.why,
    fix: rule.fix,
    references: rule.references,
    fingerprint: "0123456789abcdef",
    status: "new",
    dump: "hung.txt",
    occurrences: 1,
    bindings: {},
    roles: [],
    evidence: [],
    graph: { nodes: [], edges: [] },
    symptoms: [],
    gated: false,
    ...more,
  };
}

function dump(more: Partial<ReportDump> = {}): ReportDump {
  return {
    name: "hung.txt",
    format: "go-traceback",
    goVersion: "go1.24",
    headersSeen: 34,
    goroutines: 34,
    repeated: 0,
    distinctStacks: 9,
    complete: true,
    problems: [],
    events: [],
    unknown: [],
    benign: [],
    stacks: [],
    stacksOmitted: { stacks: 0, goroutines: 0 },
    ...more,
  };
}

const ownChannel: ReportRule = {
  id: "channel/consumer-sends-to-own-channel",
  title: "A channel's consumer is parked sending to its own channel",
  severity: "error",
  why: "The only goroutine that could make room in the channel waits for room in the channel.",
  fix: "Never send to a channel from the goroutine that drains it: hand the value over directly, or send from another goroutine with a select and a default.",
  references: ["https://go.dev/ref/spec#Send_statements", "https://go.dev/doc/effective_go#channels"],
};
const sendPileup: ReportRule = {
  id: "channel/send-pileup",
  title: "Many goroutines are parked on a send at one line",
  severity: "warning",
  why: "Nobody receives, or not fast enough.",
  fix: "Find the receiver of the channel.",
  references: [],
};
const orderCycle: ReportRule = {
  id: "lock/order-cycle",
  title: "Goroutines wait for each other's locks",
  severity: "error",
  why: "Each holds the lock that the next one wants.",
  fix: "Take locks in one order everywhere.",
  references: ["https://en.wikipedia.org/wiki/Deadlock#Prevention"],
};
const rules = [ownChannel, sendPileup, orderCycle];

const report: Report = {
  schemaVersion: 1,
  tool: { name: "deadlock-lint", version: "0.1.0" },
  dumps: [dump()],
  findings: [],
  notEvaluable: [],
  rules,
  notes: [],
  summary: {
    goroutines: 34,
    blocked: 4,
    bySeverity: { error: 0, warning: 0, info: 0 },
    suppressed: 0,
    baseline: 0,
  },
  gate: { failOn: "error", minConfidence: "medium", failed: false, exitCode: 0, reasons: [] },
};

const metrics = "/src/shop/server/metrics.go";
const conn = frame("net/http.(*conn).serve", goFile("net/http/server.go"), 2102);
const consumerStack = stack(
  [
    frame("runtime.gopark", goFile("runtime/proc.go"), 435),
    frame("runtime.chansend", goFile("runtime/chan.go"), 283),
    frame("runtime.chansend1", goFile("runtime/chan.go"), 161),
    frame("example.com/shop/server.(*Metrics).CountS", metrics, 95, {
      decisive: true,
      source: [
        { line: 94, text: "func (m *Metrics) CountS(name string, n int) {" },
        { line: 95, text: "\tm.in <- sample{name, n}", note: "send on m.in" },
        { line: 96, text: "}" },
      ],
    }),
    frame("example.com/shop/server.(*Metrics).report", metrics, 71),
    frame("example.com/shop/server.(*Metrics).run", metrics, 52, {
      decisive: true,
      source: [{ line: 52, text: "\t\tcase s := <-m.in:", note: "receive from m.in" }],
    }),
  ],
  {
    goroutines: [20],
    waitedMinutes: { min: 3, max: 3 },
    resource: "0xc000112000",
    createdBy: frame("example.com/shop/server.NewMetrics", metrics, 40),
  },
);
const senderStack = stack(
  [
    frame("example.com/shop/server.(*Metrics).CountS", metrics, 95, { decisive: true }),
    frame("main.(*api).ServeHTTP", "/src/shop/main.go", 20),
    frame("net/http.serverHandler.ServeHTTP", goFile("net/http/server.go"), 3301),
    frame("net/http.(*ServeMux).ServeHTTP", goFile("net/http/server.go"), 2822),
    conn,
  ],
  {
    count: 988,
    goroutines: [34, 35, 36, 38, 40],
    waitedMinutes: { min: 2, max: 4 },
    createdBy: frame("net/http.(*Server).Serve", goFile("net/http/server.go"), 3454),
  },
);
const otherSenderStack = stack(
  [
    frame("example.com/shop/server.(*Metrics).CountS", metrics, 95, { decisive: true }),
    frame("main.(*api).flush", "/src/shop/main.go", 31, { inlined: true }),
    frame("main.(*api).ServeHTTP", "/src/shop/main.go", 24),
    conn,
  ],
  { count: 12, goroutines: [41, 57], waitedMinutes: { min: 0, max: 2 }, elided: 3 },
);

const referenceFinding = finding(ownChannel, {
  rank: 92,
  message:
    "example.com/shop/server.(*Metrics).run drains a channel and is parked sending to it; 1,000 senders wait behind it at /src/shop/server/metrics.go:95",
  fingerprint: "9d3c1f0a77b0e412",
  variant: ["AT=metrics.go:95"],
  bindings: { T: "example.com/shop/server.(*Metrics)", LOOP: "run", AT: "/src/shop/server/metrics.go:95" },
  roles: [
    role("consumer", [consumerStack], { title: "the goroutine that drains the channel" }),
    role("senders", [senderStack, otherSenderStack], {
      title: "goroutines that wait for room in the channel",
      confirmed: false,
    }),
  ],
  evidence: [
    {
      text: "goroutine 20 is parked on a channel send at /src/shop/server/metrics.go:95",
      certainty: "observed",
    },
    {
      text: "its entry function example.com/shop/server.(*Metrics).run belongs to the type that it sends through, and no other goroutine of that type can receive",
      certainty: "inferred",
    },
    { text: "the channel that the senders wait for", certainty: "unknown" },
    { text: "a receiver outside of the type", certainty: "not ruled out" },
  ],
  collectWith: {
    missing: "channel addresses",
    command: "GOTRACEBACK=system ./shop  # then: kill -QUIT <pid>",
  },
  graph: {
    nodes: [
      { id: "consumer", kind: "role", label: "consumer", count: 1 },
      { id: "senders", kind: "role", label: "senders", count: 1000 },
      { id: "C", kind: "channel", label: "channel of server.(*Metrics)" },
    ],
    edges: [
      { from: "consumer", to: "C", label: "parked sending to", certainty: "observed" },
      { from: "senders", to: "C", label: "parked sending to", certainty: "unknown" },
      { from: "consumer", to: "C", label: "should receive from", certainty: "inferred" },
    ],
  },
  symptoms: [
    finding(sendPileup, {
      rank: 41,
      message: "1,000 goroutines are parked on a channel send at /src/shop/server/metrics.go:95",
      fingerprint: "1111111111111111",
      bindings: { AT: "/src/shop/server/metrics.go:95" },
      roles: [role("senders", [senderStack, otherSenderStack])],
    }),
  ],
  gated: true,
});

const referenceDump = dump({
  headersSeen: 1043,
  goroutines: 1043,
  distinctStacks: 12,
  unknown: ["channel addresses", "lock addresses"],
  events: [{ kind: "signal", text: "SIGQUIT: quit", line: 1 }],
  benign: [
    { id: "benign/http-idle", title: "idle HTTP connections", count: 25 },
    { id: "benign/runtime", title: "runtime workers", count: 6 },
  ],
  stacks: [senderStack, otherSenderStack, consumerStack],
  stacksOmitted: { stacks: 9, goroutines: 42 },
});

/** The reference story: cause, victims, evidence and the symptom below. */
const referenceStory: Report = {
  ...report,
  dumps: [referenceDump],
  findings: [referenceFinding],
  summary: {
    goroutines: 1043,
    blocked: 1007,
    bySeverity: { error: 1, warning: 0, info: 0 },
    suppressed: 0,
    baseline: 0,
  },
  gate: {
    failOn: "error",
    minConfidence: "medium",
    failed: true,
    exitCode: 1,
    reasons: ["1 finding at or above the gate (severity error, medium confidence)"],
  },
};

const ledger = "github.com/acme/payments-platform/internal/ledger/v2";
const longPath = `/home/ci/agent/_work/7/s/services/payments-platform/internal/ledger/v2`;
const lockStack = (method: string, line: number, goroutine: number, resource: string): ReportStack =>
  stack(
    [
      frame("sync.runtime_SemacquireMutex", goFile("runtime/sema.go"), 95),
      frame("internal/sync.(*Mutex).lockSlow", goFile("internal/sync/mutex.go"), 149),
      frame("sync.(*Mutex).Lock", goFile("sync/mutex.go"), 46, { inlined: true }),
      frame(
        `${ledger}.(*AccountRegistry[github.com/acme/payments-platform/internal/money.Amount]).${method}`,
        `${longPath}/account_registry_transactions.go`,
        line,
        { decisive: true },
      ),
      frame(`${ledger}.(*Worker).loop.func1`, `${longPath}/worker.go`, line + 100, { decisive: true }),
      frame(`${ledger}.(*Worker).loop`, `${longPath}/worker.go`, 77),
    ],
    {
      waitKind: "mutex-lock",
      waitReason: "sync.Mutex.Lock",
      waitedMinutes: { min: 187, max: 187 },
      goroutines: [goroutine],
      resource,
      createdBy: frame(
        "golang.org/x/sync/errgroup.(*Group).Go",
        "/home/ci/go/pkg/mod/golang.org/x/sync@v0.11.0/errgroup/errgroup.go",
        78,
      ),
    },
  );

/** A cycle of locks in two of three dumps, with long names; the third finding is known, the fourth suppressed. */
const lockCycle: Report = {
  ...report,
  dumps: [
    dump({ name: "pod-a.json", format: "delve-json", goroutines: 210, headersSeen: 210, distinctStacks: 31 }),
    dump({ name: "pod-b.json", format: "delve-json", goroutines: 190, headersSeen: 190, distinctStacks: 30 }),
    dump({ name: "pod-c.json", format: "delve-json", goroutines: 12, headersSeen: 12, distinctStacks: 11 }),
  ],
  findings: [
    finding(orderCycle, {
      confidence: "high",
      rank: 97,
      dump: "pod-a.json",
      occurrences: 3,
      message: "2 goroutines wait for each other's locks",
      fingerprint: "2222222222222222",
      roles: [
        role(
          "g",
          [lockStack("Transfer", 40, 101, "0xc000010008"), lockStack("Audit", 66, 102, "0xc000010010")],
          {
            title: "goroutines of the cycle",
          },
        ),
      ],
      evidence: [
        {
          text: "goroutine 101 waits for the lock 0xc000010008 and holds 0xc000010010",
          certainty: "observed",
        },
        {
          text: "goroutine 102 waits for the lock 0xc000010010 and may hold 0xc000010008",
          certainty: "inferred",
        },
      ],
      graph: {
        nodes: [
          { id: "g1", kind: "role", label: "goroutine 101", count: 1 },
          { id: "g2", kind: "role", label: "goroutine 102", count: 1 },
          { id: "l1", kind: "lock", label: "lock 0xc000010008" },
          { id: "l2", kind: "lock", label: "lock 0xc000010010" },
        ],
        edges: [
          { from: "g1", to: "l1", label: "waits for", certainty: "observed" },
          { from: "l1", to: "g2", label: "may be held by", certainty: "inferred" },
          { from: "g2", to: "l2", label: "waits for", certainty: "observed" },
          { from: "l2", to: "g1", label: "may be held by", certainty: "observed" },
        ],
      },
      gated: true,
    }),
    finding(sendPileup, {
      dump: "pod-b.json",
      rank: 38,
      confidence: "low",
      message: "130 goroutines are parked on a channel send at /src/shop/server/metrics.go:95",
      fingerprint: "3333333333333333",
      roles: [
        role("senders", [{ ...senderStack, count: 130 }], { stacksOmitted: 4, count: 150 }),
        role("workers", [{ ...otherSenderStack, count: 1 }], { count: 1, witness: true }),
      ],
    }),
    finding(sendPileup, {
      dump: "pod-a.json",
      rank: 36,
      status: "baseline",
      statusReason: "Known since the last release, SHOP-1204",
      message: "120 goroutines are parked on a channel send at /src/shop/queue.go:12",
      fingerprint: "4444444444444444",
      roles: [
        role("senders", [
          stack([frame("main.(*Queue).Put", "/src/shop/queue.go", 12, { decisive: true })], { count: 120 }),
        ]),
      ],
    }),
    finding(sendPileup, {
      dump: "pod-b.json",
      rank: 30,
      status: "suppressed",
      statusReason: "Load generator, owner team-perf, until 2026-12-31",
      message: "400 goroutines are parked on a channel send at /src/shop/loadgen.go:9",
      fingerprint: "5555555555555555",
    }),
  ],
  notes: [{ level: "warning", message: "suppression 2 in .deadlock-lint.yaml matches nothing: remove it" }],
  summary: {
    goroutines: 412,
    blocked: 300,
    bySeverity: { error: 1, warning: 1, info: 0 },
    suppressed: 1,
    baseline: 1,
  },
  gate: { ...report.gate, failed: true, exitCode: 1 },
};

/** A healthy server: the face of success. */
const nothingFound: Report = {
  ...report,
  dumps: [dump({ name: "idle.txt", benign: [{ id: "benign/runtime", title: "runtime workers", count: 6 }] })],
};

/** A clean run of a format that knows little. */
const notEvaluable: Report = {
  ...report,
  dumps: [
    dump({
      name: "goroutine.pb.gz",
      format: "pprof-proto",
      unknown: ["goroutine ids", "wait reasons", "minutes waited", "channel addresses", "lock addresses"],
      stacks: [
        stack([frame("main.(*Pool).put", "/src/pool.go", 95)], { waitReason: "", waitInferred: true }),
      ],
    }),
  ],
  notEvaluable: [
    {
      ruleId: "lock/order-cycle",
      dump: "goroutine.pb.gz",
      reason: "needs lock addresses, which a pprof profile never has",
      collectWith: "curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' -o goroutines.txt",
    },
    {
      ruleId: "channel/consumer-sends-to-own-channel",
      dump: "goroutine.pb.gz",
      reason: "needs wait reasons",
      collectWith: "curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' -o goroutines.txt",
    },
  ],
};

/** Input that was cut: nothing found means nothing. */
const incompleteInput: Report = {
  ...report,
  dumps: [
    dump({
      name: "cut.txt",
      complete: false,
      missingShare: 0.38,
      headersSeen: 35,
      problems: [
        {
          line: 4711,
          text: "main.(*Metr",
          message: "the input ends in the middle of a frame; net/http/pprof cuts its output at 64 MiB",
          lost: 1,
        },
        ...[1, 2, 3, 4, 5, 6].map((n) => ({ line: 4711 + n, text: "????", message: "not a frame", lost: 0 })),
      ],
    }),
    dump({
      name: "core.json",
      format: "delve-json",
      complete: false,
      problems: [{ offset: 99_000, message: "unexpected end of JSON", lost: -1 }],
    }),
  ],
  summary: { ...report.summary, goroutines: 68 },
  gate: { ...report.gate, exitCode: 3, reasons: ["2 inputs were not fully read: cut.txt, core.json"] },
};

/** Everything that names can do to a terminal, a page, a log or a query. */
export const hostile = [
  "]]>",
  `"'`,
  "\u001b[31mred\u001b]0;title\u0007",
  "\u202egnp.exe\u202c\u2066\u200b",
  "</script><script>alert(1)</script>",
  "line\nbreak\r\nand\ttab",
  "\u0000\u0008\u007f\u0085\u009b31m",
  "`code` | pipe | *bold* _under_ [link](javascript:alert(1)) ![i](x) <img src=x onerror=alert(1)> @team #1",
  'a --> b; end %% x"] subgraph { } ; click a href',
  "::error file=x::%0A,:",
  "\ufffe\uffff",
  "\ud800 lone \udc00",
  "__proto__",
  "😀 e\u0301 字",
  '$(rm -rf /) {label="x\\"} \\',
];

const evil = hostile.join(" ");
const evilStack = stack(
  [
    frame(`main.${evil}`, `/src/${evil}.go`, 1, {
      decisive: true,
      source: [{ line: 1, text: evil, note: evil }],
    }),
    frame("a", "../../etc/passwd", 0),
    frame("", "", 0),
    frame("main.__proto__", "C:\\go\\app\\m a%in.go", 7),
  ],
  {
    waitKind: "unknown",
    waitReason: evil,
    resource: evil,
    goroutines: [1],
    createdBy: frame(evil, evil, -1),
  },
);

/** Names that attack each format, in every text that a dump or a rule can fill. */
const hostileNames: Report = {
  ...report,
  dumps: [
    dump({
      name: evil,
      goVersion: evil,
      complete: false,
      problems: [{ line: 1, text: evil, message: evil, lost: 0 }],
      events: [{ kind: "panic", text: evil }],
      unknown: [evil],
      benign: [{ id: evil, title: evil, count: 1 }],
      stacks: [evilStack],
    }),
  ],
  findings: hostile.map((name, i) =>
    finding(ownChannel, {
      ruleId: i === 0 ? evil : ownChannel.id,
      title: name,
      message: name,
      why: name,
      fix: name,
      references: [name, `https://example.com/${name}`],
      fingerprint: String(i).padStart(16, "0"),
      dump: evil,
      bindings: { [`T${name}`]: name },
      roles: [role(name, [evilStack], { title: name, confirmed: false })],
      evidence: [{ text: name, certainty: "observed" }],
      collectWith: { missing: name, command: name },
      graph: {
        nodes: [
          { id: name, kind: "role", label: name, count: 1 },
          { id: `${name}.`, kind: "channel", label: evil },
        ],
        edges: [{ from: name, to: `${name}.`, label: name, certainty: "not ruled out" }],
      },
      symptoms: i === 0 ? [finding(sendPileup, { message: evil, dump: evil })] : [],
      gated: true,
    }),
  ),
  notEvaluable: [{ ruleId: evil, dump: evil, reason: evil, collectWith: evil }],
  rules: [{ ...ownChannel, id: evil, title: evil, why: evil, fix: evil, references: [evil] }, ...rules],
  notes: [{ level: "error", message: evil }],
  summary: { ...report.summary, bySeverity: { error: hostile.length, warning: 0, info: 0 } },
  gate: { ...report.gate, failed: true, exitCode: 3, reasons: [evil] },
};

/** No dump, no rule, nothing. */
const empty: Report = {
  ...report,
  dumps: [],
  rules: [],
  notes: [{ level: "error", message: "no dump was given" }],
  summary: { ...report.summary, goroutines: 0, blocked: 0 },
  gate: { ...report.gate, failOn: "never", exitCode: 2, reasons: ["no dump was given"] },
};

/** All sample reports by name; goldens carry these names. */
export const sampleReports: Readonly<Record<string, Report>> = {
  "reference-story": referenceStory,
  "lock-cycle": lockCycle,
  "nothing-found": nothingFound,
  "not-evaluable": notEvaluable,
  "incomplete-input": incompleteInput,
  "hostile-names": hostileNames,
  empty,
};
