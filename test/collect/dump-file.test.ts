import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { DumpFile } from "../../src/collect/dump-file.ts";
import { dumpFileName } from "../../src/collect/dump-file-name.ts";
import { UsageError } from "../../src/errors.ts";
import { temporaryDirectory } from "./servers.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the next call of a file handle's method fail as the system would. */
async function failNext(method: "write" | "sync", code: string): Promise<void> {
  const handle = await open("/dev/null", "r");
  const prototype = Object.getPrototypeOf(handle) as Record<"write" | "sync", () => Promise<never>>;
  await handle.close();
  vi.spyOn(prototype, method).mockRejectedValueOnce(Object.assign(new Error(code), { code }));
}

test("has its name only when it is whole", async () => {
  const directory = temporaryDirectory();
  const file = await DumpFile.create(join(directory, "new", "er"), "a.txt");
  await Promise.all([file.write("one "), file.write(Buffer.from("two "))]);
  expect(readdirSync(join(directory, "new", "er")).filter((name) => !name.startsWith("."))).toEqual([]);
  await file.write("three");
  expect(await file.finish()).toBe(join(directory, "new", "er", "a.txt"));
  expect(readFileSync(join(directory, "new", "er", "a.txt"), "utf8")).toBe("one two three");
  expect(file.bytes).toBe(13);
  expect(readdirSync(join(directory, "new", "er"))).toEqual(["a.txt"]);
});

test("leaves nothing when it is given up", async () => {
  const directory = temporaryDirectory();
  const file = await DumpFile.create(directory, "a.txt");
  await file.write("half");
  await file.discard();
  expect(readdirSync(directory)).toEqual([]);
});

test.each(["write", "sync"] as const)("a disk that is full at %s leaves nothing", async (method) => {
  const directory = temporaryDirectory();
  const file = await DumpFile.create(directory, "a.txt");
  await failNext(method, "ENOSPC");
  const done = file.write("data").then(() => file.finish());
  await expect(done).rejects.toThrow("the disk is full");
  await expect(done).rejects.toBeInstanceOf(UsageError);
  expect(readdirSync(directory)).toEqual([]);
});

test("overwrites nothing", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "a.txt"), "old");
  const file = await DumpFile.create(directory, "a.txt");
  await expect(file.finish()).rejects.toThrow("a file of this name is there already");
  expect(readFileSync(join(directory, "a.txt"), "utf8")).toBe("old");
});

test("a directory that is a file, or may not be written to", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  await expect(DumpFile.create(join(directory, "file", "x"), "a")).rejects.toThrow(
    "part of the path is a file",
  );
  await expect(DumpFile.create("/proc/deadlock-lint/x", "a")).rejects.toBeInstanceOf(UsageError);
  if (process.getuid?.() === 0) return;
  mkdirSync(join(directory, "locked"));
  chmodSync(join(directory, "locked"), 0o500);
  await expect(DumpFile.create(join(directory, "locked"), "a")).rejects.toThrow("permission denied");
});

test("file names are safe everywhere and sort by instance and time", () => {
  const at = new Date("2026-01-02T03:04:05.678Z");
  expect(dumpFileName("host:6060", at, "goroutine-debug2", "txt")).toBe(
    "host_6060.20260102T030405.678Z.goroutine-debug2.txt",
  );
  expect(dumpFileName("unix:/tmp/../x y.sock", at, "delve", "ndjson")).toBe(
    "unix_tmp_.._x_y.sock.20260102T030405.678Z.delve.ndjson",
  );
  expect(dumpFileName("..", at, "delve", "ndjson")).toMatch(/^target\./);
});
