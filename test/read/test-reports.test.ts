import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";

const plain = readFileSync(
  new URL("../../fixtures/dumps/go-traceback/go1.27-debug2.txt", import.meta.url),
  "utf8",
).trimEnd();

function tried(text: string) {
  async function* stdin() {
    yield Buffer.from(text);
  }
  return readDumps(["-"], { threads: 1, stdin: stdin() });
}

async function read(text: string): Promise<Dump[]> {
  const { dumps, failures } = await tried(text);
  expect(failures).toEqual([]);
  return dumps;
}

async function content(text: string): Promise<string[]> {
  return (await read(text)).map((d) => dumpText(d).replaceAll(/"line":\d+,| line \d+/g, ""));
}

/** As testify 1.12.1 writes it. */
const testifyReport = `--- FAIL: TestNotPanics (0.02s)
    a_test.go:47: 
        	Error Trace:	/src/a_test.go:47
        	Error:      	func (assert.PanicTestFunc)(0xaec660) should not panic
        	            		Panic value:	assignment to entry in nil map
        	            		Panic stack:	goroutine 23 [running]:
        	            	runtime/debug.Stack()
        	            		/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
        	            	github.com/stretchr/testify/assert.didPanic.func1()
        	            		/mod/github.com/stretchr/testify@v1.12.1/assert/assertions.go:1287 +0x67
        	            	panic({0xbb62e0?, 0x1297970?})
        	            		/usr/local/go/src/runtime/panic.go:860 +0x13a
        	            	ex.com/tf.TestNotPanics.func1()
        	            		/src/a_test.go:47 +0x28
        	            	testing.tRunner(0x1f7904aaafc8, 0xc99088)
        	            		/usr/local/go/src/testing/testing.go:2036 +0xea
        	            	created by testing.(*T).Run in goroutine 1
        	            		/usr/local/go/src/testing/testing.go:2101 +0x4c5
        	Test:       	TestNotPanics
FAIL
`;

test("testify's report of a panic", async () => {
  const stack = testifyReport
    .slice(testifyReport.indexOf("goroutine"), testifyReport.indexOf("        \tTest:"))
    .replaceAll("        \t            \t", "");
  const told = await content(stack);
  expect(told[0]).toContain("headers 1, rows 1, repeated 0, complete true");
  expect(told[0]).toContain("by testing.(*T).Run /usr/local/go/src/testing/testing.go:2101");
  expect(await content(testifyReport)).toEqual(told);
  expect(await content(testifyReport.replaceAll(/^/gm, "[pod/a-1/b] "))).toEqual(told);
  expect(await content(testifyReport.replaceAll(/^(?=.)/gm, "    "))).toEqual(told);
});

test("as testify reports a panic: the same dump, and the next report's, too", async () => {
  const report = `        \tError:      \t\n        \t            \t\tPanic stack:\t${plain.replaceAll("\n", "\n        \t            \t")}\n        \tTest:       \tTestX\n`;
  expect(await content(report)).toEqual(await content(plain));
  expect((await content(report + testifyReport)).map((t) => t.split("\n")[1])).toEqual(
    (await content(`${plain}\n\n${testifyReport}`)).map((t) => t.split("\n")[1]),
  );
});

/** As goleak 1.1.12 and 1.3.0 write it; to 1.2, the runtime's headers follow its own. */
const goleakReports = {
  "1.1.12": `--- FAIL: TestLeak (0.44s)
    leaks.go:78: found unexpected goroutines:
        [Goroutine 20 in state sync.Mutex.Lock, with internal/sync.runtime_SemacquireMutex on top of the stack:
        goroutine 20 [sync.Mutex.Lock]:
        internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)
        	/usr/local/go/src/runtime/sema.go:95 +0x25
        internal/sync.(*Mutex).lockSlow(0xd4e9e51a200)
        	/usr/local/go/src/internal/sync/mutex.go:149 +0x15d
        internal/sync.(*Mutex).Lock(...)
        	/usr/local/go/src/internal/sync/mutex.go:70
        sync.(*Mutex).Lock(...)
        	/usr/local/go/src/sync/mutex.go:46
        ex.com/leak.(*worker).run(0x0?)
        	/src/a_test.go:16 +0x32
        created by ex.com/leak.TestLeak in goroutine 19
        	/src/a_test.go:25 +0xc8
        
         Goroutine 22 in state chan send, with ex.com/leak.TestLeak.func1 on top of the stack:
        goroutine 22 [chan send]:
        ex.com/leak.TestLeak.func1()
        	/src/a_test.go:27 +0x3c
        created by ex.com/leak.TestLeak in goroutine 19
        	/src/a_test.go:27 +0x156
        ]
FAIL
FAIL	ex.com/leak	0.449s
FAIL
`,
  "1.3.0": `--- FAIL: TestLeak (0.45s)
    a_test.go:29: found unexpected goroutines:
        [Goroutine 8 in state sync.Mutex.Lock, with internal/sync.runtime_SemacquireMutex on top of the stack:
        internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)
        	/usr/local/go/src/runtime/sema.go:95 +0x25
        internal/sync.(*Mutex).lockSlow(0xd14e7a6e250)
        	/usr/local/go/src/internal/sync/mutex.go:149 +0x15d
        internal/sync.(*Mutex).Lock(...)
        	/usr/local/go/src/internal/sync/mutex.go:70
        sync.(*Mutex).Lock(...)
        	/usr/local/go/src/sync/mutex.go:46
        ex.com/leak.(*worker).run(0x0?)
        	/src/a_test.go:16 +0x32
        created by ex.com/leak.TestLeak in goroutine 7
        	/src/a_test.go:25 +0xc8
         Goroutine 10 in state chan send, with ex.com/leak.TestLeak.func1 on top of the stack:
        ex.com/leak.TestLeak.func1()
        	/src/a_test.go:27 +0x3c
        created by ex.com/leak.TestLeak in goroutine 7
        	/src/a_test.go:27 +0x156
        ]
FAIL
FAIL	ex.com/leak	0.454s
FAIL
`,
};

/** Goleak's list in the runtime's form. */
function asTraceback(report: string): string {
  const list = report
    .slice(report.indexOf("[Goroutine") + 1, report.indexOf("]\nFAIL"))
    .replaceAll(/^ {8}/gm, "");
  return list
    .replaceAll(/^ ?Goroutine (\d+) in state (.*), with .*:\n(?!goroutine)/gm, "\ngoroutine $1 [$2]:\n")
    .replaceAll(/^ ?Goroutine .*\n/gm, "");
}

describe.each(Object.entries(goleakReports))("a report of goleak %s", (_, report) => {
  test("the goroutines that leak", async () => {
    const told = await content(asTraceback(report));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("headers 2, rows 2, repeated 0, complete true");
    expect(await content(report)).toEqual(told);
    expect(await content(report.replaceAll(/^ {8}/gm, ""))).toEqual(told);
    expect(await content(report.replaceAll(/^/gm, "[pod/a-1/b] "))).toEqual(told);
    expect(await content(report.replaceAll(/^/gm, "2026-01-02T03:04:05.5Z "))).toEqual(told);
    const list = report.slice(report.indexOf("[Goroutine"), report.indexOf("]\nFAIL") + 1);
    const event = JSON.stringify({ msg: `found unexpected goroutines:\n${list.replaceAll(/^ {8}/gm, "")}` });
    expect(await content(event)).toEqual(told);
  });

  test("each report is a dump of its own", async () => {
    const two = await content(report + report.replaceAll(/(oroutine) (?=\d)/g, "$1 10"));
    expect(two.map((text) => text.split("\n")[1])).toEqual([
      "headers 2, rows 2, repeated 0, complete true",
      "headers 2, rows 2, repeated 0, complete true",
    ]);
  });

  test("cut anywhere: it is told", async () => {
    const from = report.indexOf("[Goroutine") + 30;
    for (let end = from; end <= report.indexOf("]\nFAIL"); end++) {
      const { dumps, failures } = await tried(report.slice(0, end));
      expect([end, failures.length > 0 || dumps.some((dump) => !dump.complete)]).toEqual([end, true]);
    }
  });
});

test("labels and flags in what goleak calls the state", async () => {
  const state = 'chan receive, 5 minutes, locked to thread] {k: "v 1"}';
  const text = `[Goroutine 8 in state ${state}, with main.f on top of the stack:\nmain.f()\n\t/src/main.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:40 +0x5a\n]\n`;
  const [told] = await content(text);
  expect(told).toContain("stack 0 [chan receive]");
  expect(told).toContain("minutes 5 flags");
  expect(told).toContain('k="v 1"');
});

test("prose about goroutines is no list of goleak's", async () => {
  const { failures } = await tried("see [Goroutine 8 in state running, with luck\n Goroutine 9 in state x\n");
  expect(failures[0]!.error.message).toContain("no goroutine");
});
