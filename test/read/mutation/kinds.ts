import { readdirSync, readFileSync } from "node:fs";
import { deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { readDumps } from "../../../src/read/read-dumps.ts";
import { snapshotText } from "../../../src/read/snapshot.ts";
import { logWrappers } from "../log-wrappers.ts";
import type { Form } from "./oracle.ts";

/** An input to damage. */
export interface Kind {
  readonly name: string;
  readonly form: Form;
  readonly bytes: Buffer;
  /**
   * For logs: the text of the dump that `end` bytes of the log show, as a person reads them, first without what the
   * last line shows and then with it; of each process that writes into the log.
   */
  readonly unwrapped?: (end: number) => readonly (readonly string[])[];
  /** The text of an input in UTF-16. */
  readonly decoded?: (bytes: Buffer) => string;
  /** For joined streams and archives: where one part ends, so that what is before is whole by itself. */
  readonly seams?: readonly number[];
  /** For archives: everything is there from this byte on, only the archive's own end is cut. */
  readonly wholeFrom?: number;
  /** What is said of the whole input, by design. */
  readonly says?: readonly string[];
}

const dumps = new URL("../../../fixtures/dumps/", import.meta.url);
const file = (path: string) => readFileSync(new URL(path, dumps));

function folder(name: string, form: Form, pattern: RegExp): Kind[] {
  return readdirSync(new URL(`${name}/`, dumps))
    .filter((f) => pattern.test(f) && !f.endsWith(".golden.txt"))
    .map((f) => ({ name: `${name}/${f}`, form, bytes: file(`${name}/${f}`), says: said[f] ?? [] }));
}

/** Inputs that are not whole by nature. */
const said: Readonly<Record<string, readonly string[]>> = {
  "header-variants.txt": ["goroutine header not understood", "what headers say is not understood: colo"],
  "go1.27-threads.txt": ["only the stacks of 6 goroutines are here"],
};

function profiles(): Kind[] {
  return [
    ...folder("profiles", "profile text", /(?:debug|leak)1\.txt$/),
    ...folder("profiles", "traceback", /(?:debug|leak)2\.txt$/),
    ...folder("profiles", "packed", /0\.pb\.gz$/),
    ...folder("profiles", "packed", /0\.pb\.gz$/).map(({ name, bytes }) => ({
      name: name.replace(".gz", ""),
      form: "profile" as const,
      bytes: gunzipSync(bytes),
    })),
  ];
}

/** Fixtures as they are, one or more for each format and Go version. */
export function bareKinds(): Kind[] {
  return [
    ...folder("go-traceback", "traceback", /\.txt$/),
    ...profiles(),
    ...folder("delve-json", "delve json", /json$/),
    ...folder("delve-text", "delve text", /\.txt$/),
    ...folder("gdb", "gdb", /\.txt$/),
  ];
}

/** A dump in every wrapping that logs have. */
export function loggedKinds(): Kind[] {
  const dump = file("go-traceback/go1.27-panic.txt").toString();
  const lines = dump.replace(/\n$/, "").split("\n");
  const alone = Object.entries(logWrappers).map(([name, wrap]): Kind => {
    const bytes = Buffer.from(wrap(dump));
    const unwrapped = (end: number) => [textsShown(lines, bytes.subarray(0, end).toString())];
    return { name: `log: ${name}`, form: "traceback", bytes, unwrapped };
  });
  return [...alone, ...loggedSessions(), ...Object.entries(mixedLogs).map(mixedKind)];
}

/** Debuggers' sessions in a prefix, in an envelope and in a field. */
function loggedSessions(): Kind[] {
  const sessions = [
    { form: "delve text", path: "delve-text/go1.19-dlv1.20-goroutines.txt" },
    { form: "gdb", path: "gdb/go1.24-all.txt" },
  ] as const;
  return ["compose", "docker json-file", "zap JSON, the stack in one field"].flatMap((name) =>
    sessions.map(({ form, path }): Kind => {
      const session = file(path).toString();
      const lines = session.replace(/\n$/, "").split("\n");
      const bytes = Buffer.from(logWrappers[name]!(session));
      const unwrapped = (end: number) => [textsShown(lines, bytes.subarray(0, end).toString())];
      return { name: `log: ${name} of ${form}`, form, bytes, unwrapped };
    }),
  );
}

/** What the log shows of the dump: the lines before the last, and with it. */
function textsShown(lines: readonly string[], log: string): string[] {
  const shown = linesShown(lines, log);
  const before = lines.slice(0, shown).map((l) => `${l}\n`);
  const withLast = lines.slice(0, shown + 1).join("\n");
  // A goroutine whose number can be read is not overlooked.
  return /goroutine \d+ \[[^\n]*$/.test(log) ? [withLast] : [before.join(""), withLast];
}

/** Logs into which two write, line by line: how each wraps a line, and which of them wrote it. */
const mixedLogs: Readonly<
  Record<string, { wrap: (line: string, process: number) => string; of: (line: string) => number }>
> = {
  "two pods": {
    wrap: (line, n) => `[pod/web-7f9c${n}/app] ${line}`,
    of: (line) =>
      line.startsWith("[pod/web-7f9c0/app] ") ? 0 : line.startsWith("[pod/web-7f9c1/app] ") ? 1 : -1,
  },
  "stdout and stderr, CRI": {
    wrap: (line, n) => `2026-01-02T03:04:05.123456789Z ${n === 0 ? "stdout" : "stderr"} F ${line}`,
    of: (line) => (/^\S+ stdout F /.test(line) ? 0 : /^\S+ stderr F /.test(line) ? 1 : -1),
  },
  "stdout and stderr, docker": {
    wrap: (line, n) => JSON.stringify({ log: `${line}\n`, stream: n === 0 ? "stdout" : "stderr" }),
    of: (line) => (line.endsWith('"stdout"}') ? 0 : line.endsWith('"stderr"}') ? 1 : -1),
  },
};

/** Two dumps whose lines come in turns of different length. */
function mixedKind([name, { wrap, of }]: [string, (typeof mixedLogs)[string]]): Kind {
  const dumps = ["go1.27-panic", "go1.24-debug2"].map((dump) =>
    file(`go-traceback/${dump}.txt`).toString().replace(/\n$/, "").split("\n"),
  );
  const log: string[] = [];
  const rest = dumps.map((lines, n) => lines.map((line) => wrap(line, n)));
  for (let turn = 0; rest.some((lines) => lines.length > 0); turn++)
    log.push(...rest[turn % 2]!.splice(0, 1 + ((turn * 7) % 5)));
  const bytes = Buffer.from(`${log.join("\n")}\n`);
  const unwrapped = (end: number) => {
    const shown = bytes.subarray(0, end).toString().split("\n");
    const last = shown.pop()!;
    return dumps.map((lines, n) => {
      const own = shown.filter((line) => of(line) === n).map((line) => `${line}\n`);
      return textsShown(lines, own.join("") + (of(last) === n ? last : ""));
    });
  };
  return { name: `log: ${name}`, form: "traceback", bytes, unwrapped };
}

/** How many lines of the dump the cut log shows whole: each is found behind the one before. */
function linesShown(lines: readonly string[], log: string): number {
  const text = joinedParts(log)
    .replaceAll("#011", "\t")
    .replaceAll("\\t", "\t")
    .replaceAll('\\"', '"')
    .replaceAll("\\\\", "\\");
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const words = line.trim().split(/\s+/).at(-1) ?? "";
    const found = text.indexOf(words, at);
    // The end of a line is seen when something comes behind it.
    if (found < 0 || found + words.length >= text.length) return index;
    at = found + words.length;
  }
  return lines.length;
}

/** CRI: the text of `P` goes on in the next line. */
function joinedParts(log: string): string {
  let joined = "";
  let goesOn = false;
  for (const line of log.split("\n")) {
    const part = /^(?:\[\S+\] )?\S+ stderr ([PF]) (.*)$/.exec(line);
    joined += `${goesOn ? "" : "\n"}${part === null ? line : part[2]}`;
    goesOn = part?.[1] === "P";
  }
  return joined;
}

const archives: Readonly<Record<string, Form>> = {
  "crlf.txt": "traceback",
  "plain.txt": "traceback",
  "utf8-bom.txt": "traceback",
};

/** Every container, and those that only code makes: a snapshot, zip with stored files, several packed in one another. */
export async function packedKinds(): Promise<Kind[]> {
  const plain = file("containers/plain.txt");
  const { dumps: read } = await readDumps(["-"], { threads: 1, stdin: once(plain) });
  const made: Kind[] = [
    { name: "snapshot", form: "snapshot", bytes: Buffer.from(snapshotText(read)) },
    { name: "zip, stored", form: "packed", bytes: zip(["a.txt", "b.txt"], plain, false) },
    { name: "zip, deflated", form: "packed", bytes: zip(["a.txt", "b.txt"], plain, true) },
    { name: "gzip of tar of gzip", form: "packed", bytes: gzipSync(tar("a.gz", gzipSync(plain))) },
  ];
  const found = readdirSync(new URL("containers/", dumps)).map((name): Kind => {
    const bytes = file(`containers/${name}`);
    const seams = name === "twice.gz" ? [bytes.length / 2] : [];
    return { name: `containers/${name}`, form: archives[name] ?? "packed", bytes, seams };
  });
  return [...made, ...found.map(withEncoding)].map(withEnd);
}

/** Behind the last file of an archive comes its directory (zip) or zeros (tar), which hold no dumps. */
function withEnd(kind: Kind): Kind {
  const { name, bytes } = kind;
  const directory = Math.min(
    ...["PK\x01\x02", "PK\x05\x06"].map((magic) => bytes.indexOf(magic, 0, "latin1")).filter((at) => at >= 0),
  );
  if (/zip/.test(name) && bytes.toString("latin1", 0, 2) === "PK")
    return { ...kind, wholeFrom: directory + 4 };
  if (!name.endsWith(".tar")) return kind;
  let zeros = bytes.length;
  while (zeros > 0 && bytes[zeros - 1] === 0) zeros--;
  return { ...kind, wholeFrom: Math.ceil(zeros / 512) * 512 + 512 };
}

function withEncoding(kind: Kind): Kind {
  const encoding = /utf16(le|be)/.exec(kind.name)?.[1];
  if (encoding === undefined && kind.form !== "traceback") return kind;
  const decoded = (bytes: Buffer) => {
    if (encoding === undefined) return bytes.toString();
    const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
    return (encoding === "be" ? even.swap16() : even).toString("utf16le");
  };
  const text = (end: number) => [
    [
      decoded(kind.bytes.subarray(0, end))
        .replace(/^\ufeff/, "")
        .replaceAll("\r", ""),
    ],
  ];
  return { ...kind, form: "traceback", unwrapped: text, decoded };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function zip(names: readonly string[], content: Buffer, packed: boolean): Buffer {
  const data = packed ? deflateRawSync(content) : content;
  const parts: Buffer[] = [];
  for (const name of names) {
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(packed ? 8 : 0, 8);
    header.writeUInt32LE(crc(content), 14);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(name.length, 26);
    parts.push(header, Buffer.from(name), data);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([...parts, end]);
}

function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.fill(" ", 148, 156);
  header.write("0", 156);
  header.write(
    `${header
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc(((512 - (content.length % 512)) % 512) + 1024)]);
}
