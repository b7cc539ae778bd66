import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { FixtureEntry } from "../scripts/capture/manifest.mjs";

export type { FixtureEntry };

/** Folder of the committed dumps, with a slash at the end. */
export const fixturesRoot = fileURLToPath(new URL("../fixtures/rules/", import.meta.url));

/** What `npm run fixtures` made, and the truth about it. */
export const fixtureEntries: readonly FixtureEntry[] = JSON.parse(
  readFileSync(`${fixturesRoot}MANIFEST.json`, "utf8"),
).fixtures;

/** A dump's text or bytes, unpacked where it was committed compressed. */
export function readFixture({ file, format }: FixtureEntry): Buffer {
  const bytes = readFileSync(fixturesRoot + file);
  return file.endsWith(".gz") && !/^(debug|leak)0$/.test(format) ? gunzipSync(bytes) : bytes;
}
