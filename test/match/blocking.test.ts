import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import type { BlockingCertainty } from "../../src/model/blocking.ts";
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
  return behindWith("inferred", ...goroutines);
}

async function behindWith(
  certainty: BlockingCertainty,
  ...goroutines: string[]
): Promise<Record<number, number>> {
  const stdin = Readable.from([Buffer.from(goroutines.join("\n"))]);
  const { dumps } = await readDumps(["-"], { threads: 1, stdin });
  const facts = new Facts(dumps[0]!);
  const { id } = dumps[0]!.goroutines;
  return Object.fromEntries(Array.from(id, (g, row) => [g, facts.blocking.behind(row, certainty)]));
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

  /** Waits for a connection; further out is the program's own function. */
  const forConnection = (id: number, db: string) =>
    `goroutine ${id} [select, 3 minutes]:\ndatabase/sql.(*DB).conn(${db}, {0x1, 0x2}, 0x1)\n\t/go/src/database/sql/sql.go:1 +0x1\nmain.load()\n\t/src/main.go:7 +0x1\n`;
  const query = (id: number, db: string, caller: string) =>
    `goroutine ${id} [IO wait, 3 minutes]:\ndatabase/sql.(*DB).query(${db})\n\t/go/src/database/sql/sql.go:2 +0x1\n${caller}()\n\t/src/main.go:8 +0x1\n`;
  const transaction = (id: number, creator: number) =>
    `goroutine ${id} [chan receive, 3 minutes]:\ndatabase/sql.(*Tx).awaitDone(0xc000055000)\n\t/go/src/database/sql/sql.go:3 +0x1\ncreated by database/sql.(*DB).beginDC in goroutine ${creator}\n\t/go/src/database/sql/sql.go:4 +0x1\n`;

  test("who waits for room in a pool waits behind the code that has a pointer to it", async () => {
    const pool = [forConnection(8, a), forConnection(9, a)];
    expect(await behind(query(7, a, "main.report"), ...pool)).toEqual({ 7: 2, 8: 0, 9: 0 });
    expect(await behind(query(7, other, "main.report"), ...pool)).toEqual({ 7: 0, 8: 0, 9: 0 });
  });

  test("the pool's own goroutines have no part of it", async () => {
    const opener = query(7, a, "database/sql.(*DB).connectionOpener");
    expect(await behind(opener, forConnection(8, a))).toEqual({ 7: 0, 8: 0 });
  });

  test("who began a transaction has a connection of the only pool that is waited for", async () => {
    const holder = parked(7, "chan receive", other);
    const own = [holder, transaction(6, 7), forConnection(8, a)];
    expect(await behind(...own)).toEqual({ 7: 1, 6: 0, 8: 0 });
    expect(await behind(...own, forConnection(9, b))).toEqual({ 7: 0, 6: 0, 8: 0, 9: 0 });
  });

  /** A method of a type that waits for a lock whose address is dead, or that is parked. */
  const method = (id: number, reason: string, type: string, below = "main.run") =>
    `goroutine ${id} [${reason}, 3 minutes]:\n${reason.startsWith("sync") ? "sync.(*RWMutex).RLock(...)\n\t/go/src/sync/rwmutex.go:1\n" : ""}${type}.step(0x0?)\n\t/src/main.go:9 +0x1\n${below}()\n\t/src/main.go:10 +0x1\n`;

  test("waiters without an address may wait behind a method of their type; that is not inferred", async () => {
    const stuck = [method(7, "select", "main.(*cache)"), method(8, "sync.RWMutex.RLock", "main.(*cache)")];
    expect(await behind(...stuck)).toEqual({ 7: 0, 8: 0 });
    expect(await behindWith("not ruled out", ...stuck)).toEqual({ 7: 1, 8: 0 });
  });

  test("two waiters of one type do not wait for each other, those of two types may", async () => {
    const same = [7, 8].map((id) => method(id, "sync.RWMutex.RLock", "main.(*cache)"));
    expect(await behindWith("not ruled out", ...same)).toEqual({ 7: 0, 8: 0 });
    const crossed = [
      method(7, "sync.RWMutex.RLock", "main.(*cache)", "main.(*index).add"),
      method(8, "sync.RWMutex.RLock", "main.(*index)", "main.(*cache).drop"),
    ];
    expect(await behindWith("not ruled out", ...crossed)).toEqual({ 7: 1, 8: 1 });
  });

  test("types of the standard library do not count", async () => {
    const server = [
      method(7, "select", "net/http.(*conn)"),
      method(8, "sync.RWMutex.RLock", "net/http.(*conn)"),
    ];
    expect(await behindWith("not ruled out", ...server)).toEqual({ 7: 0, 8: 0 });
  });

  test("who is parked on a channel may wait behind who has a pointer to it", async () => {
    const sender = `goroutine 8 gp=0xc000007180 m=nil [chan send, 3 minutes]:\nruntime.gopark(0x1, 0x2)\n\t/go/src/runtime/proc.go:1 +0x1\nruntime.chansend(${a}, 0x1, 0x1, 0x2)\n\t/go/src/runtime/chan.go:1 +0x1\nruntime.chansend1(0x0?, 0x0?)\n\t/go/src/runtime/chan.go:2 +0x1\nmain.put(${a})\n\t/src/main.go:11 +0x1\n`;
    const both = [parked(7, "sleep", a), sender];
    expect(await behind(...both)).toEqual({ 7: 0, 8: 0 });
    expect(await behindWith("not ruled out", ...both)).toEqual({ 7: 1, 8: 0 });
  });
});
