import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { FixtureEntry } from "../scripts/capture/manifest.mjs";
import type { FormatId } from "../src/model/dump.ts";
import { readableFormats } from "../src/read/readers.ts";

export type { FixtureEntry };

/** Folder of the committed dumps, with a slash at the end. */
export const fixturesRoot = fileURLToPath(new URL("../fixtures/rules/", import.meta.url));

/** What `npm run fixtures` made, and the truth about it. */
export const fixtureEntries: readonly FixtureEntry[] = JSON.parse(
  readFileSync(`${fixturesRoot}MANIFEST.json`, "utf8"),
).fixtures;

/** Snapshots of one process, oldest first: the earlier ones, and the entry itself. */
export function snapshotsOf(entry: FixtureEntry): FixtureEntry[] {
  return [...(entry.earlier ?? []).map((file) => ({ ...entry, file })), entry];
}

/** A dump's text or bytes, unpacked where it was committed compressed. */
export function readFixture({ file, format }: Pick<FixtureEntry, "file" | "format">): Buffer {
  const bytes = readFileSync(fixturesRoot + file);
  return file.endsWith(".gz") && !/^(debug|leak)0$/.test(format) ? gunzipSync(bytes) : bytes;
}

/** Our reader of each captured format. */
const readerOf: Readonly<Record<string, FormatId>> = {
  debug2: "go-traceback",
  leak2: "go-traceback",
  sigquit: "go-traceback",
  panic: "go-traceback",
  "panic-system": "go-traceback",
  debug1: "pprof-text",
  leak1: "pprof-text",
  debug0: "pprof-proto",
  leak0: "pprof-proto",
  "delve-core": "delve-json",
  "delve-attach": "delve-json",
  "delve-core-stacks": "delve-json",
  "delve-attach-stacks": "delve-json",
};

/** The id of the format, as our reader of it calls it. */
export function formatOf({ format }: FixtureEntry): FormatId {
  return readerOf[format]!;
}

/** Dumps that list somebody, of formats that can be read. */
export const readableFixtures: readonly FixtureEntry[] = fixtureEntries.filter(
  (entry) => readableFormats.includes(formatOf(entry)) && !isEmpty(entry),
);

/** A leak profile without leaks lists nobody: "goroutineleak profile: total 0". */
function isEmpty({ format, expect }: FixtureEntry): boolean {
  return expect === "quiet" && ["leak1", "leak0"].includes(format);
}

/** Bugs that a dump shows and our rules do not name first yet. Who teaches them takes the line away: the test then fails. */
const knownMisses: readonly RegExp[] = [
  // Go 1.19 does not say who started a goroutine.
  /^channel\/abandoned\/fires\..*go1\.19/,
  // Up to Go 1.24, debug=2 hides the runtime's frames, by which finalizers are known.
  /^finalizer\/blocked\/fires\..*go1\.(19|24)\.debug2/,
  // No wait reasons: only the frames of sync say what is waited for.
  /^waitgroup\/(never-done|children-stuck)\/fires\..*debug[01]/,
  /^lock\/convoy\/fires\..*debug[01]/,
];
/** Whether `knownMisses` names the entry. */
export function isKnownMiss({ file }: FixtureEntry): boolean {
  return knownMisses.some((pattern) => pattern.test(file));
}
