import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

/** A goroutine that waits to lock what its own method's receiver owns, below frames with further pointers. */
const locker = (id: number, lock: string, below: readonly string[] = [], creator = 1) =>
  [
    `goroutine ${id} [sync.Mutex.Lock, 3 minutes]:`,
    `internal/sync.(*Mutex).lockSlow(${lock})\n\t/go/src/internal/sync/mutex.go:149 +0x1`,
    `sync.(*Mutex).Lock(...)\n\t/go/src/sync/mutex.go:46`,
    `main.(*store).get(${lock})\n\t/src/main.go:${id} +0x1`,
    ...below.map((pointer) => `main.with(${pointer})\n\t/src/main.go:90 +0x1`),
    `created by main.main in goroutine ${creator}\n\t/src/main.go:4 +0x1`,
    "",
  ].join("\n");

const parked = (id: number, reason: string, pointer: string, creator = 1) =>
  `goroutine ${id} [${reason}, 3 minutes]:\nmain.hold(${pointer})\n\t/src/main.go:50 +0x1\ncreated by main.main in goroutine ${creator}\n\t/src/main.go:4 +0x1\n`;

async function behind(...goroutines: string[]): Promise<Record<number, number>> {
  const stdin = Readable.from([Buffer.from(goroutines.join("\n"))]);
  const { dumps } = await readDumps(["-"], { threads: 1, stdin });
  const facts = new Facts(dumps[0]!);
  const { id } = dumps[0]!.goroutines;
  return Object.fromEntries(Array.from(id, (g, row) => [g, facts.blocking.behind(row)]));
}

const [a, b, other] = ["0xc000010000", "0xc000020000", "0xc000090000"];

describe("who waits behind whom", () => {
  test("waiters of a lock wait behind whoever may hold it, not behind each other", async () => {
    expect(await behind(parked(7, "chan receive", a), locker(8, a), locker(9, a))).toEqual({
      7: 2,
      8: 0,
      9: 0,
    });
  });

  test("who waits behind a waiter waits behind its holder, too", async () => {
    const chain = [parked(7, "chan receive", a), locker(8, a, [b]), locker(9, b), locker(10, b)];
    expect(await behind(...chain)).toEqual({ 7: 3, 8: 2, 9: 0, 10: 0 });
  });

  test("in a ring everybody waits behind everybody else, once", async () => {
    expect(await behind(locker(7, a, [b]), locker(8, b, [a]))).toEqual({ 7: 1, 8: 1 });
  });

  test("who stands in WaitGroup.Wait waits behind the goroutines that it started", async () => {
    const waiter = `goroutine 7 [sync.WaitGroup.Wait, 3 minutes]:\nsync.(*WaitGroup).Wait(0x0?)\n\t/go/src/sync/waitgroup.go:1 +0x1\nmain.all()\n\t/src/main.go:3 +0x1\n`;
    expect(await behind(waiter, parked(8, "chan receive", other, 7))).toEqual({ 7: 0, 8: 1 });
  });

  test("a pointer to something else blocks nobody", async () => {
    expect(await behind(parked(7, "chan receive", other), locker(8, a))).toEqual({ 7: 0, 8: 0 });
  });
});
