import type { WaitKind } from "../../../src/model/wait-kind.ts";
import type {
  Certainty,
  Finding,
  Report,
  ReportDump,
  ReportFrame,
  ReportRole,
  ReportStack,
} from "../../../src/report/report.ts";

/** Reports made by hand, each with what one test looks for. */

export function frame(
  fn: string,
  place: string,
  decisive = false,
  more: Partial<ReportFrame> = {},
): ReportFrame {
  const colon = place.lastIndexOf(":");
  return {
    function: fn,
    file: place.slice(0, colon),
    line: Number(place.slice(colon + 1)),
    decisive,
    ...more,
  };
}

export function stack(
  count: number,
  waitKind: WaitKind,
  waitReason: string,
  frames: readonly ReportFrame[],
  more: Partial<ReportStack> = {},
): ReportStack {
  return { count, waitKind, waitReason, frames, elided: 0, goroutines: [], ...more };
}

export function dump(
  name: string,
  stacks: readonly ReportStack[],
  more: Partial<ReportDump> = {},
): ReportDump {
  const goroutines = stacks.reduce((sum, one) => sum + one.count, 0);
  return {
    name,
    format: "go-traceback",
    goVersion: "go1.24",
    headersSeen: goroutines,
    goroutines,
    repeated: 0,
    distinctStacks: stacks.length,
    complete: true,
    problems: [],
    events: [],
    unknown: [],
    benign: [],
    stacks,
    stacksOmitted: { stacks: 0, goroutines: 0 },
    ...more,
  };
}

export function role(
  name: string,
  title: string,
  stacks: readonly ReportStack[],
  confirmed = true,
): ReportRole {
  const count = stacks.reduce((sum, one) => sum + one.count, 0);
  return { name, title, count, confirmed, goroutines: stacks[0]?.goroutines ?? [], stacks, stacksOmitted: 0 };
}

export function finding(
  more: Partial<Finding> & Pick<Finding, "ruleId" | "title" | "roles" | "graph">,
): Finding {
  return {
    severity: "error",
    confidence: "high",
    rank: 90,
    message: more.title,
    why: "Nobody else can ever let them go on.",
    fix: "Break the circle.",
    references: [],
    fingerprint: "0123456789abcdef",
    status: "new",
    dump: "dump.txt",
    occurrences: 1,
    bindings: {},
    evidence: [],
    symptoms: [],
    gated: true,
    ...more,
  };
}

export function report(
  dumps: readonly ReportDump[],
  findings: readonly Finding[],
  more: Partial<Report> = {},
): Report {
  const blocked = dumps
    .at(-1)
    ?.stacks.filter((one) => !["io-wait", "running", "runtime-idle"].includes(one.waitKind))
    .reduce((sum, one) => sum + one.count, 0);
  const bySeverity = { error: 0, warning: 0, info: 0 };
  for (const one of findings) if (one.status === "new") bySeverity[one.severity]++;
  const failed = findings.some((one) => one.gated);
  return {
    schemaVersion: 1,
    tool: { name: "deadlock-lint", version: "0.1.0" },
    dumps,
    findings,
    notEvaluable: [],
    rules: [],
    notes: [],
    summary: {
      goroutines: dumps.at(-1)?.goroutines ?? 0,
      blocked: blocked ?? 0,
      bySeverity,
      suppressed: 0,
      baseline: findings.filter((one) => one.status === "baseline").length,
    },
    gate: {
      failOn: "error",
      minConfidence: "medium",
      failed,
      exitCode: failed ? 1 : 0,
      reasons: [],
    },
    ...more,
  };
}

const serve = [
  frame("net/http.HandlerFunc.ServeHTTP", "/usr/local/go/src/net/http/server.go:2220"),
  frame("net/http.(*ServeMux).ServeHTTP", "/usr/local/go/src/net/http/server.go:2747"),
  frame("net/http.serverHandler.ServeHTTP", "/usr/local/go/src/net/http/server.go:3210"),
  frame("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go:2092"),
];

const served = frame("net/http.(*Server).Serve", "/usr/local/go/src/net/http/server.go:3360");

const parkedSending = [
  frame("runtime.gopark", "/usr/local/go/src/runtime/proc.go:436"),
  frame("runtime.chansend", "/usr/local/go/src/runtime/chan.go:283"),
  frame("runtime.chansend1", "/usr/local/go/src/runtime/chan.go:161"),
];

export function senders(count: number): ReportStack {
  return stack(
    count,
    "chan-send",
    "chan send",
    [
      ...parkedSending,
      frame("main.(*Metrics).CountS", "/src/server/metrics.go:95", true, {
        source: [
          { line: 93, text: "func (m *Metrics) CountS(name string) {" },
          { line: 94, text: "\t// buffered, never blocks" },
          { line: 95, text: "\tm.inChannel <- metric{name, 1}", note: "sends on m.inChannel" },
          { line: 96, text: "}" },
        ],
      }),
      frame("main.(*API).orders", "/src/server/api.go:41"),
      ...serve,
    ],
    {
      waitedMinutes: { min: 2, max: 3 },
      createdBy: served,
      goroutines: [34, 35, 36, 37, 38, 39, 40],
      resource: "0xc0000aa070",
      labels: [
        { labels: { path: "/orders", tenant: "acme" }, count: count - 40 },
        { labels: { path: "/orders", tenant: "zeta" }, count: 40 },
      ],
    },
  );
}

export const consumer: ReportStack = stack(
  1,
  "chan-send",
  "chan send",
  [
    ...parkedSending,
    frame("main.(*Metrics).SetM", "/src/server/metrics.go:105", true, {
      inlined: true,
      source: [
        { line: 104, text: "func (m *Metrics) SetM(name string, v int) {" },
        { line: 105, text: "\tm.inChannel <- metric{name, v}", note: "sends on m.inChannel" },
        { line: 106, text: "}" },
      ],
    }),
    frame("main.(*Metrics).sendMetricsToOutChannel", "/src/server/metrics.go:71"),
    frame("main.(*Metrics).startInChannelConsumer", "/src/server/metrics.go:58", true, {
      source: [
        { line: 57, text: "\tfor metric := range m.inChannel {", note: "receives from m.inChannel" },
        { line: 58, text: "\t\tm.sendMetricsToOutChannel(metric)" },
        { line: 59, text: "\t}" },
      ],
    }),
  ],
  {
    waitedMinutes: { min: 3, max: 3 },
    createdBy: frame("main.NewMetrics", "/src/server/metrics.go:44"),
    goroutines: [20],
    resource: "0xc0000aa070",
  },
);

const listener = stack(
  2,
  "io-wait",
  "IO wait",
  [
    frame("internal/poll.runtime_pollWait", "/usr/local/go/src/runtime/netpoll.go:351"),
    frame("internal/poll.(*FD).Accept", "/usr/local/go/src/internal/poll/fd_unix.go:620"),
    frame("net.(*TCPListener).Accept", "/usr/local/go/src/net/tcpsock.go:372"),
    frame("net/http.(*Server).Serve", "/usr/local/go/src/net/http/server.go:3330"),
    frame("main.main", "/src/server/main.go:61"),
  ],
  { goroutines: [1, 19] },
);

const pool = stack(
  12,
  "select",
  "select",
  [
    frame("runtime.selectgo", "/usr/local/go/src/runtime/select.go:335"),
    frame("database/sql.(*DB).connectionOpener", "/usr/local/go/src/database/sql/sql.go:1261"),
  ],
  {
    waitedMinutes: { min: 3, max: 3 },
    createdBy: frame("database/sql.OpenDB", "/usr/local/go/src/database/sql/sql.go:841"),
  },
);

const idle = stack(5, "runtime-idle", "GC worker (idle)", [
  frame("runtime.gopark", "/usr/local/go/src/runtime/proc.go:436"),
  frame("runtime.gcBgMarkWorker", "/usr/local/go/src/runtime/mgc.go:1423"),
]);

const drainers = stack(
  3,
  "waitgroup-wait",
  "sync.WaitGroup.Wait",
  [
    frame("sync.runtime_SemacquireWaitGroup", "/usr/local/go/src/runtime/sema.go:110"),
    frame("sync.(*WaitGroup).Wait", "/usr/local/go/src/sync/waitgroup.go:118"),
    frame("main.(*Metrics).Flush", "/src/server/metrics.go:130", true),
    frame("main.(*API).admin", "/src/server/api.go:77"),
    ...serve,
  ],
  { waitedMinutes: { min: 1, max: 2 }, createdBy: served, goroutines: [90, 91, 92] },
);

const referenceStacks = [senders(1000), pool, idle, drainers, listener, consumer];

const edge = (from: string, to: string, label: string, certainty: Certainty) => ({
  from,
  to,
  label,
  certainty,
});

const feedback: Finding = finding({
  ruleId: "channel-consumer-feedback",
  title: "The consumer of `m.inChannel` is stuck sending to it",
  rank: 97,
  dump: "hung.txt",
  message:
    "The only goroutine that drains `m.inChannel` is itself parked sending to it; its buffer is full, and 1,000 goroutines queue behind it.",
  why: "A consumer that sends to the channel it drains waits for itself as soon as the buffer is full. Nobody else receives, so neither it nor any other sender ever goes on.",
  fix: "Don't send to `m.inChannel` from `startInChannelConsumer`: write the derived metric straight to the out channel, or hand it to another goroutine.",
  references: [
    "https://go.dev/ref/spec#Send_statements",
    "https://go.dev/doc/effective_go#channels",
    "Incident 4711, in the wiki",
  ],
  roles: [
    role("consumer", "The stuck consumer", [consumer]),
    role("senders", "Senders queued behind it", [senders(1000)]),
  ],
  evidence: [
    { text: "Goroutine 20 is parked sending to channel `0xc0000aa070`", certainty: "observed" },
    { text: "1,000 more goroutines are parked sending to the same channel", certainty: "observed" },
    {
      text: "Its entry function `startInChannelConsumer` ranges over `m.inChannel` (metrics.go:57)",
      certainty: "observed",
    },
    { text: "No goroutine is parked receiving from it", certainty: "inferred" },
    { text: "Whether another, running goroutine receives from it", certainty: "not ruled out" },
  ],
  graph: {
    nodes: [
      { id: "senders", kind: "role", label: "Senders queued behind it", count: 1000 },
      { id: "consumer", kind: "role", label: "The stuck consumer", count: 1 },
      { id: "channel", kind: "channel", label: "m.inChannel\n0xc0000aa070" },
    ],
    edges: [
      edge("senders", "channel", "parked sending to", "observed"),
      edge("consumer", "channel", "parked sending to", "observed"),
      edge("channel", "consumer", "should be drained by", "inferred"),
    ],
  },
  collectWith: {
    missing: "a second dump, which would show that the same goroutines stand at the same place",
    command:
      "deadlock-lint collect --pprof http://localhost:6060/debug/pprof/ --every 10s --for 30s -o dumps/",
  },
  symptoms: [
    finding({
      ruleId: "waitgroup-never-done",
      title: "3 goroutines wait for a WaitGroup that nobody finishes",
      severity: "warning",
      confidence: "medium",
      rank: 55,
      gated: false,
      dump: "hung.txt",
      message: "`Flush` waits for senders that never come back.",
      roles: [role("waiters", "Waiters", [drainers])],
      evidence: [{ text: "The senders hold what the WaitGroup counts", certainty: "inferred" }],
      graph: {
        nodes: [
          { id: "waiters", kind: "role", label: "Waiters", count: 3 },
          { id: "wg", kind: "waitgroup", label: "m.pending" },
          { id: "senders", kind: "role", label: "Senders", count: 1000 },
        ],
        edges: [
          edge("waiters", "wg", "waits for", "observed"),
          edge("wg", "senders", "should be finished by", "unknown"),
        ],
      },
    }),
  ],
});

const pileUp: Finding = finding({
  ruleId: "handler-pile-up",
  title: "HTTP handlers pile up",
  severity: "warning",
  confidence: "medium",
  rank: 48,
  gated: false,
  fingerprint: "fedcba9876543210",
  dump: "hung.txt",
  message: "1,003 handlers of `net/http` don't return.",
  roles: [role("handlers", "Handlers", [drainers], false)],
  graph: { nodes: [], edges: [] },
  evidence: [{ text: "All were created by `net/http.(*Server).Serve`", certainty: "observed" }],
});

const known: Finding = finding({
  ruleId: "idle-connections",
  title: "Connection openers of database/sql",
  severity: "info",
  confidence: "low",
  rank: 10,
  gated: false,
  status: "baseline",
  statusReason: "known since March, platform team",
  dump: "hung.txt",
  roles: [role("openers", "Openers", [pool])],
  graph: { nodes: [], edges: [] },
});

/** The story that the tool exists for: a consumer that sends to the channel it drains. */
export function referenceStory(): Report {
  const hung = dump("hung.txt", referenceStacks, {
    benign: [
      { id: "runtime-workers", title: "workers of the garbage collector", count: 5 },
      { id: "net-http-listener", title: "listeners that accept connections", count: 2 },
    ],
    events: [{ kind: "signal", text: "SIGQUIT: quit" }],
    problems: [
      { line: 4711, text: "goroutine 77 [chan se", message: "the dump ends within a goroutine", lost: 1 },
    ],
    complete: false,
    headersSeen: 1024,
    missingShare: 0.001,
    unknown: ["lock addresses"],
  });
  return report([hung], [feedback, pileUp, known], {
    notEvaluable: [
      {
        ruleId: "lock-order",
        dump: "hung.txt",
        reason: "The dump has no lock addresses",
        collectWith: "deadlock-lint collect --delve localhost:4040 -o dump.json",
      },
      {
        ruleId: "rwmutex-writer-starvation",
        dump: "hung.txt",
        reason: "The dump has no lock addresses",
        collectWith: "deadlock-lint collect --delve localhost:4040 -o dump.json",
      },
    ],
    notes: [{ level: "warning", message: "A suppression of `slow-flush` matched nothing" }],
    gate: {
      failOn: "error",
      minConfidence: "medium",
      failed: true,
      exitCode: 1,
      reasons: [
        "1 finding of severity error and high confidence: the consumer of `m.inChannel` is stuck sending to it",
      ],
    },
  });
}

function locker(name: string, method: string, wants: string, address: string): ReportStack {
  return stack(
    1,
    "mutex-lock",
    "sync.Mutex.Lock",
    [
      frame("internal/sync.(*Mutex).lockSlow", "/usr/local/go/src/internal/sync/mutex.go:149"),
      frame(`bank.(*Account).${wants}`, "/src/bank/account.go:31", true),
      frame(`bank.(*Ledger).${method}`, "/src/bank/ledger.go:52", true),
      frame(`bank.${name}`, "/src/bank/worker.go:12"),
    ],
    { resource: address, goroutines: [name === "Transfer" ? 7 : 8], waitedMinutes: { min: 6, max: 6 } },
  );
}

/** Two goroutines that take two locks in opposite order. */
export function lockCycle(): Report {
  const one = locker("Transfer", "move", "credit", "0xc000012345");
  const two = locker("Audit", "check", "balance", "0xc000054321");
  const cycle = finding({
    ruleId: "lock-order-inversion",
    title: "Two goroutines take two locks in opposite order",
    message: "Each holds the lock that the other waits for.",
    dump: "bank.txt",
    roles: [role("first", "Transfer", [one]), role("second", "Audit", [two])],
    evidence: [
      { text: "Each goroutine's outer frame has the other's lock as receiver", certainty: "inferred" },
    ],
    graph: {
      nodes: [
        { id: "first", kind: "role", label: "Transfer", count: 1 },
        { id: "a", kind: "lock", label: "Account.mu\n0xc000012345" },
        { id: "second", kind: "role", label: "Audit", count: 1 },
        { id: "b", kind: "lock", label: "Ledger.mu\n0xc000054321" },
      ],
      edges: [
        edge("first", "a", "waits for", "observed"),
        edge("a", "second", "may be held by", "inferred"),
        edge("second", "b", "waits for", "observed"),
        edge("b", "first", "may be held by", "not ruled out"),
      ],
    },
  });
  return report([dump("bank.txt", [one, two, listener])], [cycle]);
}

/** A million goroutines of a service with many packages: 2,000 stacks that share outer frames, and rare ones more. */
export function million(): Report {
  const kinds = [
    ["chan-send", "chan send"],
    ["chan-receive", "chan receive"],
    ["select", "select"],
    ["mutex-lock", "sync.Mutex.Lock"],
    ["io-wait", "IO wait"],
    ["semaphore", "semacquire"],
  ] as const;
  const packages = ["orders", "stock", "billing", "users", "mail"];
  const stacks = Array.from({ length: 2000 }, (_, i) => {
    const [kind, reason] = kinds[(i * 7) % kinds.length]!;
    const calls = Array.from({ length: 6 + ((i * 13) % 24) }, (_, depth) => {
      // The outermost functions are few; the further in, the more of them.
      const branch = i % (2 + depth * depth * 3);
      const pkg = packages[branch % packages.length]!;
      return frame(
        `example.com/shop/${pkg}.(*Service${branch}).step${depth}`,
        `/src/shop/${pkg}/s${branch}.go:${depth * 10 + 7}`,
      );
    });
    const outer = i % 5 === 4 ? [frame("main.worker", "/src/shop/main.go:88")] : serve;
    return stack(Math.max(1, Math.floor(118_000 / (i + 1))), kind, reason, [...calls.reverse(), ...outer], {
      waitedMinutes: { min: i % 9, max: 9 + (i % 4) },
      goroutines: [i + 1, i + 5000],
      createdBy: i % 5 === 4 ? frame("main.main", "/src/shop/main.go:41") : served,
    });
  });
  const listed = stacks.reduce((sum, one) => sum + one.count, 0);
  const goroutines = 1_000_000;
  const big = dump("million.txt.gz", stacks, {
    goroutines,
    headersSeen: goroutines,
    distinctStacks: 2000 + 40_000,
    stacksOmitted: { stacks: 40_000, goroutines: goroutines - listed },
  });
  return report([big], [{ ...feedback, dump: "million.txt.gz" }]);
}

/** A report of nothing: no dump could be read. */
export function empty(): Report {
  return report([dump("empty.txt", [])], [], {
    gate: {
      failOn: "error",
      minConfidence: "medium",
      failed: false,
      exitCode: 3,
      reasons: ["empty.txt holds no goroutine"],
    },
  });
}

export const hostileNames = [
  "</script><script>window.hacked = 1</script>",
  '"><img src=x onerror="window.hacked = 2">',
  "'><svg onload='window.hacked = 3'>",
  "<!-- <script> -->",
  "]]>&lt;b&gt;&#x41;",
  "\u202egnissim\u202c \u200fRTL \u2066isolate\u2069",
  "\u001b[31mred\u001b[0m\u0007\u0000",
  "line\u2028separator\u2029paragraph",
  "javascript:window.hacked=4",
  "__proto__",
  "constructor",
  "lone \ud800 surrogate",
  `long.${"x".repeat(100_000)}`,
  "",
] as const;

/** Every text of the report is hostile. */
export function hostile(): Report {
  const stacks = hostileNames.map((name, i) =>
    stack(
      i + 1,
      "chan-send",
      name,
      [
        frame(name, `${name}:7`, true, { source: [{ line: 7, text: name, note: name }] }),
        frame(`main.${name}`, `${name}:9`),
      ],
      {
        createdBy: frame(name, `${name}:1`),
        resource: name,
        labels: [{ labels: { [name]: name }, count: i + 1 }],
      },
    ),
  );
  const all = hostileNames.join(" ");
  const findings = hostileNames.map((name, i) =>
    finding({
      ruleId: name,
      title: name,
      message: name,
      why: `${name} \`${name}\` \``,
      fix: name,
      references: [name, "javascript:window.hacked=5", `https://example.com/"${name}`],
      fingerprint: name,
      status: "suppressed",
      statusReason: name,
      gated: false,
      dump: name,
      roles: [role("sender", name, [stacks[i]!])],
      evidence: [{ text: name, certainty: "observed" }],
      collectWith: { missing: name, command: name },
      graph: {
        nodes: [
          { id: "sender", kind: "role", label: name, count: 1 },
          { id: name, kind: "channel", label: name },
        ],
        edges: [
          edge("sender", name, name, "unknown"),
          edge("sender", "no such node", name, "observed"),
          edge(name, name, name, "inferred"),
        ],
      },
    }),
  );
  return report(
    [
      dump(all, stacks, {
        events: [{ kind: "panic", text: all }],
        problems: hostileNames.map((name) => ({ message: name, text: name, lost: 0 })),
        unknown: [all],
        benign: hostileNames.map((name) => ({ id: name, title: name, count: 1 })),
      }),
    ],
    findings,
    {
      notEvaluable: hostileNames.map((name) => ({
        ruleId: name,
        dump: name,
        reason: name,
        collectWith: name,
      })),
      notes: hostileNames.map((message) => ({ level: "error" as const, message })),
    },
  );
}

/** Four dumps of one process, in which the senders grow. */
export function growing(): Report {
  const dumps = [12, 180, 610, 1000].map((count, i) =>
    dump(`t${i}.txt`, [senders(Math.max(41, count)), ...referenceStacks.slice(1, 4 + (i % 2)), consumer]),
  );
  return report(dumps, [feedback]);
}
