import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";

const plain = readFileSync(
  new URL("../../fixtures/dumps/go-traceback/go1.27-debug2.txt", import.meta.url),
  "utf8",
).trimEnd();

async function read(text: string): Promise<Dump[]> {
  async function* stdin() {
    yield Buffer.from(text);
  }
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: stdin() });
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
