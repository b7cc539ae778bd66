import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

/** A goroutine of Go 1.27, started by main.main; `calls` innermost first, as a traceback has them. */
function goroutine(id: number, reason: string, calls: readonly string[]): string {
  const frames = calls.map((call, i) => `${call}\n\t/src/main.go:${10 + i} +0x1\n`).join("");
  return `goroutine ${id} [${reason}]:\n${frames}created by main.main in goroutine 1\n\t/src/main.go:4 +0x1\n`;
}

async function findingsOf(...goroutines: readonly string[]) {
  const stdin = Readable.from([Buffer.from(goroutines.join("\n"))]);
  const { dumps } = await readDumps(["-"], { threads: 1, stdin });
  return analyze(dumps, builtinRules(), {}).findings;
}
const said = async (...goroutines: readonly string[]) =>
  (await findingsOf(...goroutines)).map((f) => `${f.severity} ${f.confidence} ${f.ruleId}`);

const old = "61 minutes";
const inMutex = [
  "internal/sync.runtime_SemacquireMutex(0x1?, 0x2?, 0x3?)",
  "internal/sync.(*Mutex).lockSlow(0xc000012000)",
];
const writer = [...inMutex, "sync.(*Mutex).Lock(...)", "sync.(*RWMutex).Lock(0x5?)"];
const reader = ["sync.runtime_SemacquireRWMutexR(0x1?, 0x2?, 0x3?)", "sync.(*RWMutex).RLock(...)"];

describe("a write lock that is never given back", () => {
  const renew = [...writer, "main.(*leases).renew(0xc000012000, 0x1)"];
  const count = [...reader, "main.(*leases).count(0xc000012000)"];

  test("is no read lock that is kept: its writers stand in the mutex inside", async () => {
    const expire = [
      ...writer,
      "main.(*leases).expire(0xc000012000)",
      "main.(*leases).sweep(0xc000012000)",
      "main.work()",
    ];
    expect(
      await said(
        goroutine(7, `sync.Mutex.Lock, ${old}`, expire),
        goroutine(8, `sync.Mutex.Lock, ${old}`, renew),
        goroutine(9, `sync.RWMutex.RLock, ${old}`, count),
      ),
    ).not.toContain("error medium lock/rwmutex-upgrade");
  });

  test("is not held by the loop that calls the method which locks", async () => {
    expect(
      await said(
        goroutine(7, `sync.Mutex.Lock, ${old}`, [
          ...writer,
          "main.(*leases).expire(0xc000012000)",
          "main.(*leases).loop(0xc000012000)",
        ]),
        goroutine(8, `sync.Mutex.Lock, ${old}`, renew),
        goroutine(9, `sync.RWMutex.RLock, ${old}`, count),
      ),
    ).toEqual(["error medium lock/orphaned"]);
  });
});

test("whoever holds a lock is found below many frames of the standard library", async () => {
  const client = Array.from(
    { length: 9 },
    (_, i) => `net/http.(*Client).step${i}(0xc000034${i}00, 0xc000035${i}00)`,
  );
  const [first] = await findingsOf(
    goroutine(7, `select, ${old}`, [...client, "main.(*container).stop(0xc000012000)", "main.work()"]),
    goroutine(8, `sync.Mutex.Lock, ${old}`, [
      ...inMutex,
      "sync.(*Mutex).Lock(...)",
      "main.(*container).state(0xc000012000)",
    ]),
    goroutine(9, `sync.Mutex.Lock, ${old}`, [
      ...inMutex,
      "sync.(*Mutex).Lock(...)",
      "main.(*container).state(0xc000012000)",
    ]),
  );
  expect([first!.ruleId, first!.severity, first!.confidence]).toEqual([
    "lock/held-across-channel-operation",
    "error",
    "high",
  ]);
});

describe("a loop that is parked on a send, and callers behind it", () => {
  const loop = goroutine(7, `chan send, ${old}`, ["main.(*hub).run(0xc000012000)"]);
  const caller = goroutine(8, `chan send, ${old}`, [
    "main.(*hub).publish(0xc000012000)",
    "main.(*feed).tick(0xc000013000)",
  ]);
  const listener = (reason: string) =>
    goroutine(9, reason, [
      "internal/poll.runtime_pollWait(0x7f00, 0x72)",
      "net.(*netFD).Read(0xc000014000)",
      "main.(*hub).join(0xc000012000)",
    ]);

  test("are told beside one who has stood elsewhere for long", async () => {
    expect(await said(loop, caller, listener(`IO wait, ${old}`))).toEqual([
      "error medium channel/loop-parked",
    ]);
  });

  test("are not judged while somebody of the type may come to receive", async () => {
    expect(await said(loop, caller, listener("IO wait"))).not.toContain("error medium channel/loop-parked");
  });
});

test("handlers that outlive their clients are the symptom of the semaphore that they wait for", async () => {
  const handlers = Array.from({ length: 25 }, (_, i) =>
    goroutine(i + 7, `select, ${old}`, [
      "golang.org/x/sync/semaphore.(*Weighted).Acquire(0xc000012000, {0x1, 0x2}, 0x1)",
      "main.(*images).render(0xc000013000)",
      "net/http.HandlerFunc.ServeHTTP(0x1, {0x2, 0x3}, 0x4)",
      "net/http.(*conn).serve(0xc000014000, {0x1, 0x2})",
    ]),
  );
  const idle = goroutine(99, "running", ["main.(*images).tick(0xc000013000)"]);
  const [first] = await findingsOf(idle, ...handlers);
  expect(first!.ruleId).toMatch(/^semaphore\//);
  expect(first!.symptoms.map((s) => s.ruleId)).toContain("http/handler-outlives-client");
});

describe("a receive from a nil channel in a closure that is its goroutine", () => {
  const hook = (call: string, file: string) =>
    `goroutine 7 [chan receive (nil chan), ${old}]:\n${call}\n\t${file}:175 +0x1\n` +
    "created by main.main in goroutine 1\n\t/src/main.go:4 +0x1\n";

  test("of a dependency may be a hook on a context without end, as client-go's informers have it", async () => {
    const file = "/go/pkg/mod/k8s.io/client-go@v0.34.0/tools/cache/controller.go";
    const call = "k8s.io/client-go/tools/cache.(*controller).RunWithContext.func1()";
    expect(await said(hook(call, file))).toEqual(["error low channel/nil-channel"]);
  });

  test("of the program is an error at the gate", async () => {
    expect(await said(hook("main.startJobs.func1()", "/src/jobs.go"))).toEqual([
      "error medium channel/nil-channel",
    ]);
  });
});

test("an io.Pipe that nobody reads is the root of the lock that its writer keeps", async () => {
  const append = (id: number) =>
    goroutine(id, `sync.Mutex.Lock, ${old}`, [
      ...inMutex,
      "sync.(*Mutex).Lock(...)",
      "main.(*archive).append(0xc000012000)",
      "main.work()",
    ]);
  const findings = await findingsOf(
    goroutine(7, `select, ${old}`, [
      "io.(*pipe).write(0xc000015000, {0x1, 0x2, 0x3})",
      "io.(*PipeWriter).Write(0xc000015000, {0x1, 0x2, 0x3})",
      "main.(*archive).append(0xc000012000)",
      "main.work()",
    ]),
    append(8),
    append(9),
  );
  expect(findings.map((f) => f.ruleId)).toEqual(["pipe/orphan"]);
  expect(findings[0]!.symptoms.map((s) => s.ruleId)).toContain("lock/held-across-channel-operation");
});

test("handlers that pile up, and a shutdown, are symptoms of the send that they stand in", async () => {
  const handlers = Array.from({ length: 25 }, (_, i) =>
    goroutine(i + 7, "chan send, 2 minutes", [
      "main.(*workers).do(0xc000013000)",
      "net/http.HandlerFunc.ServeHTTP(0x1, {0x2, 0x3}, 0x4)",
      "net/http.(*conn).serve(0xc000014000, {0x1, 0x2})",
    ]),
  );
  const clients = handlers.map((_, i) =>
    goroutine(i + 40, "IO wait, 2 minutes", ["net/http.(*connReader).backgroundRead(0xc000018000)"]),
  );
  const shutdown = goroutine(99, "select, 2 minutes", [
    "net/http.(*Server).Shutdown(0xc000016000, {0x1, 0x2})",
    "main.(*app).stop(0xc000017000)",
  ]);
  const findings = await findingsOf(shutdown, ...handlers, ...clients);
  expect(findings.map((f) => f.ruleId)).toEqual(["channel/stuck-send"]);
});

describe("several who wait to write-lock below a method", () => {
  const get = "main.(*cache).get(0xc000012000)";
  const first = ["sync.runtime_SemacquireRWMutex(0x1?, 0x2?, 0x3?)", "sync.(*RWMutex).Lock(0x5?)"];
  const readAt = (call: string) =>
    goroutine(9, `sync.RWMutex.RLock, ${old}`, [...reader, call, "main.work()"]);
  const filling = (call: string) =>
    [6, 7, 8].map((id) =>
      goroutine(id, `sync.RWMutex.Lock, ${old}`, [
        ...(id === 6 ? first : writer),
        "main.(*cache).put(0xc000012000)",
        "main.(*loader).fill(0xc000013000)",
        call,
        "main.work()",
      ]),
    );

  test("hold its read lock where others wait to read-lock in that method", async () => {
    const [finding] = await findingsOf(...filling(get), readAt(get));
    expect(finding!.ruleId).toBe("lock/rwmutex-upgrade");
  });

  test("are two as well, and the second does not wait for itself", async () => {
    const [first, second] = filling(get);
    const [finding] = await findingsOf(first!, second!, readAt(get));
    expect(finding!.ruleId).toBe("lock/rwmutex-upgrade");
  });

  test("need not hold it where it is not seen to read-lock", async () => {
    const [finding] = await findingsOf(...filling("main.(*cache).warm(0xc000012000)"), readAt(get));
    expect(finding!.ruleId).toBe("lock/rwmutex-reader-gone");
  });
});

describe("a lock of one object of many", () => {
  const write = (id: number) =>
    goroutine(id, `sync.Mutex.Lock, ${old}`, [
      ...inMutex,
      "sync.(*Mutex).Lock(...)",
      "main.(*conn).write(0x1?, {0x2, 0x3})",
      "main.(*room).tell(0xc000019000)",
    ]);
  const pinger = (id: number) =>
    goroutine(id, `chan receive, ${old}`, [`main.(*conn).pingLoop(0xc00002${id}000)`]);

  test("is kept by who is stuck beyond its Lock, not by the others' loops that wait for a tick", async () => {
    const [first] = await findingsOf(
      goroutine(7, `IO wait, ${old}`, [
        "internal/poll.runtime_pollWait(0x7f00, 0x77)",
        "net.(*netFD).Write(0xc000014000, {0x1, 0x2, 0x3})",
        "net.(*conn).Write(0xc000014000, {0x1, 0x2, 0x3})",
        "main.(*conn).write(0x1?, {0x2, 0x3})",
        "main.(*room).tell(0xc000019000)",
        "main.work()",
      ]),
      write(8),
      write(9),
      pinger(10),
      pinger(11),
    );
    expect([first!.ruleId, first!.severity]).toEqual(["lock/held-in-slow-work", "error"]);
  });
});

test("a reader that waits for an answer keeps the read lock, not the loop that should answer", async () => {
  const [first] = await findingsOf(
    goroutine(7, `chan receive, ${old}`, ["main.(*table).sum(0xc000012000)", "main.work()"]),
    goroutine(8, `sync.RWMutex.RLock, ${old}`, [
      ...reader,
      "main.(*table).size(0xc000012000)",
      "main.(*table).serve(0xc000012000)",
    ]),
    goroutine(9, `sync.RWMutex.Lock, ${old}`, [
      "sync.runtime_SemacquireRWMutex(0x1?, 0x2?, 0x3?)",
      "sync.(*RWMutex).Lock(0x5?)",
      "main.(*table).put(0xc000012000)",
      "main.work()",
    ]),
  );
  expect(first!.ruleId).toBe("lock/held-across-channel-operation");
});

test("senders to a loop stand below its wait for itself", async () => {
  const close = "main.(*session).close(0xc000012000)";
  const findings = await findingsOf(
    goroutine(7, `chan receive, ${old}`, [close, "main.(*session).loop(0xc000012000)"]),
    goroutine(8, `chan receive, ${old}`, [close, "main.work()"]),
    goroutine(9, `chan send, ${old}`, ["main.(*session).push(0xc000012000)", "main.work()"]),
  );
  expect(findings.map((f) => f.ruleId)).toEqual(["channel/asks-itself"]);
});
