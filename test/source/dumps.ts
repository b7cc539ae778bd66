import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Dump } from "../../src/model/dump.ts";
import type { Stack } from "../../src/model/stack.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

/** Absolute path below the repository's root. */
export function repositoryPath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

/** The source of the programs whose dumps are under fixtures/. */
export const programs = repositoryPath("fixtures/programs");

/** Text of a committed dump, unpacked. */
export function fixtureText(name: string): string {
  const bytes = readFileSync(repositoryPath(name));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Reads a dump's text. */
export async function dumpOf(text: string): Promise<Dump> {
  const folder = mkdtempSync(path.join(tmpdir(), "deadlock-lint-source-"));
  try {
    const file = path.join(folder, "dump.txt");
    writeFileSync(file, text);
    const { dumps, failures } = await readDumps([file], { threads: 1 });
    if (failures[0] !== undefined) throw failures[0].error;
    return dumps[0]!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads one committed dump. */
export function fixtureDump(name: string): Promise<Dump> {
  return dumpOf(fixtureText(name));
}

/** The blocked stack with a function whose name ends so. */
export function stackOf(dump: Dump, functionEnd: string): Stack {
  const found = dump.stacks.filter((s) => s.frames.some((f) => f.symbol.name.endsWith(functionEnd)));
  const blocked = found.find((s) => s.wait !== "sleep" && s.frames[0]?.symbol.name !== "time.Sleep");
  if (blocked === undefined) throw new Error(`no stack with ${functionEnd}`);
  return blocked;
}

/** Runs with a folder of these files, which is gone afterwards. */
export async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "deadlock-lint-source-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
