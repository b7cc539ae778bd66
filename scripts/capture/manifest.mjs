// @ts-check
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { machineFolderIn } from "../machine-path.mjs";

/**
 * What a committed dump is, and the truth about it.
 * @typedef {object} FixtureEntry
 * @property {string} file below fixtures/rules/
 * @property {string[]} [earlier] snapshots of the same process before it, oldest first, below fixtures/rules/
 * @property {string} rule the rule that it is about
 * @property {"fires" | "quiet"} expect at the default gate
 * @property {string} variant
 * @property {string} go release line: `go1.24`
 * @property {string} format `debug2`, `debug1`, `debug0`, `sigquit`, `panic`, `leak2`, `leak1`, `leak0`, `delve-core`, `delve-attach` (the list alone), `delve-core-stacks`, `delve-attach-stacks` (all responses)
 * @property {boolean} aged more than a minute and two garbage collections after the block
 * @property {boolean} evident the format shows what the rule is about; else no reader of the dump can tell
 * @property {string[]} guilty functions, one of which a right finding has on its stacks; empty when quiet
 * @property {Record<string, { function: string, count: number }>} groups goroutines by a function on their stacks, counted without our readers
 * @property {string[]} also other rules that may rightly find something
 * @property {{ program: string, args: string[] }} madeBy
 */

/** Larger dumps are committed compressed. */
const largestPlain = 24 * 1024;

/**
 * Writes dumps below a folder, and their MANIFEST.json.
 * @param {string} root fixtures/rules
 */
export function openManifest(root) {
  const path = join(root, "MANIFEST.json");
  /** @type {FixtureEntry[]} */
  const written = [];
  return {
    /**
     * @param {Omit<FixtureEntry, "file" | "earlier">} entry
     * @param {string | Buffer} content
     * @param {readonly (string | Buffer)[]} [earlier] snapshots before it, oldest first
     */
    add: async (entry, content, earlier = []) => {
      const before = [];
      for (const [i, snapshot] of earlier.entries())
        before.push(await writeDump(root, entry, snapshot, `.${i + 1}`));
      const last = await writeDump(root, entry, content, "");
      written.push({ file: last, ...(before.length > 0 ? { earlier: before } : {}), ...entry });
    },
    /** Replaces what was made anew, keeps the rest, drops what was not made again. */
    save: async () => {
      /** @type {FixtureEntry[]} */
      const before = existsSync(path) ? JSON.parse(await readFile(path, "utf8")).fixtures : [];
      const files = new Set(written.flatMap(filesOf));
      const remade = new Set(written.map(makerOf));
      const kept = before.filter((entry) => !files.has(entry.file) && !remade.has(makerOf(entry)));
      for (const entry of before) {
        if (kept.includes(entry)) continue;
        for (const file of filesOf(entry)) if (!files.has(file)) await rm(join(root, file), { force: true });
      }
      const fixtures = [...kept, ...written].sort((a, b) => (a.file < b.file ? -1 : 1));
      const lines = fixtures.map((entry) => JSON.stringify(entry));
      await writeFile(path, `{"fixtures":[\n${lines.join(",\n")}\n]}\n`);
      return { written: written.length, total: fixtures.length };
    },
  };
}

/** @typedef {ReturnType<typeof openManifest>} Manifest */

/** @param {FixtureEntry} entry */
function filesOf({ file, earlier = [] }) {
  return [...earlier, file];
}

/**
 * @param {string} root
 * @param {Omit<FixtureEntry, "file" | "earlier">} entry
 * @param {string | Buffer} content
 * @param {string} number which snapshot of a series it is: `.1`; "" for the last or only one
 * @returns {Promise<string>} its file below the root
 */
async function writeDump(root, entry, content, number) {
  const bytes = Buffer.from(content);
  refuseMachinePaths(entry, bytes);
  const compress = bytes.length > largestPlain && entry.format !== "debug0";
  const file = `${entry.rule}/${fileName(entry, number)}${compress ? ".gz" : ""}`;
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), compress ? gzipSync(bytes, { level: 9 }) : bytes);
  return file;
}

const extensions = /** @type {Record<string, string>} */ ({
  debug0: "pb.gz",
  leak0: "pb.gz",
  "delve-core": "json",
  "delve-attach": "json",
  "delve-core-stacks": "ndjson",
  "delve-attach-stacks": "ndjson",
});

/**
 * @param {Omit<FixtureEntry, "file">} entry
 * @param {string} [number]
 */
function fileName({ expect, variant, go, format, aged }, number = "") {
  return `${expect}.${variant}${aged ? "-aged" : ""}.${go}.${format}${number}.${extensions[format] ?? "txt"}`;
}

/** @param {FixtureEntry} entry */
function makerOf({ go, madeBy, format }) {
  // Without Delve the program's other dumps are made anew, and Delve's are kept.
  return JSON.stringify([go, madeBy, format.startsWith("delve")]);
}

/**
 * @param {Omit<FixtureEntry, "file">} entry
 * @param {Buffer} bytes
 */
function refuseMachinePaths(entry, bytes) {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const folder = machineFolderIn(plain);
  if (folder !== undefined)
    throw new Error(`${fileName(entry)} contains ${folder}: was it built with -trimpath?`);
}
