import { expect, test } from "vitest";
import { delveJsonReader } from "../../src/read/delve-json.ts";
import { bytesSource } from "./bytes.ts";

const location = (name: string, line: number, pc: number) => ({
  pc,
  file: "/src/main.go",
  line,
  function: { name, value: pc - 6, type: 0, goType: 0, optimized: true },
});

/** A session with one goroutine that stands in `frames` and waits for the semaphore at 0xc000012008. */
function session(waitReason: number, frames: readonly string[]): string {
  const stack = frames.map((name, i) => location(name, i + 1, 4_000_070 + 64 * i));
  const goroutine = {
    id: 7,
    currentLoc: stack[0],
    userCurrentLoc: stack.at(-1),
    goStatementLoc: location("main.main", 90, 5_000_070),
    startLoc: stack.at(-1),
    threadID: 0,
    status: 4,
    waitSince: 0,
    waitReason,
    unreadable: "",
  };
  const call = (method: string, params: object, result: object) =>
    JSON.stringify({ request: { method, params: [params] }, response: { id: 1, result, error: null } });
  return [
    call("RPCServer.GetVersion", {}, { DelveVersion: "1", TargetGoVersion: "Go cmd/compile go1.27.2" }),
    call("RPCServer.ListGoroutines", { Start: 0, Count: 0 }, { Goroutines: [goroutine], Nextg: -1 }),
    call("RPCServer.Stacktrace", { Id: 7, Depth: 50 }, { Locations: stack }),
    call(
      "RPCServer.Eval",
      { Scope: { GoroutineID: 7, Frame: 0 }, Expr: "runtime.curg.waiting.elem.vu" },
      {
        Variable: { name: "runtime.curg.waiting.elem.vu", kind: 7, value: `${0xc000012008}`, unreadable: "" },
      },
    ),
  ].join("\n");
}

test("a writer of an RWMutex waits for the lock, be it for readers or in the mutex inside behind another writer", async () => {
  const addresses = async (waitReason: number, frames: readonly string[]) => {
    const [dump] = await delveJsonReader.read(bytesSource("dump", session(waitReason, frames)), {
      threads: 1,
    });
    return [dump!.stacks[dump!.goroutines.stack[0]!]!.wait, dump!.goroutines.resource[0]!.toString(16)];
  };
  expect(await addresses(24, ["runtime.gopark", "sync.(*RWMutex).Lock", "main.(*T).set"])).toEqual([
    "rwmutex-lock",
    "c000012000",
  ]);
  expect(
    await addresses(22, [
      "runtime.gopark",
      "internal/sync.(*Mutex).lockSlow",
      "sync.(*RWMutex).Lock",
      "main.(*T).set",
    ]),
  ).toEqual(["rwmutex-lock", "c000012004"]);
});
