import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goroutineCount } from "../../src/model/dump.ts";
import { type ReadDumpsOptions, readDumps } from "../../src/read/read-dumps.ts";

const fixtures = new URL("../../fixtures/dumps/containers/", import.meta.url);
const plain = readFileSync(new URL("plain.txt", fixtures));
const endOfArchive = Buffer.alloc(1024);

function member(name: string, type: string, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  return Buffer.concat([summed(header), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function summed(header: Buffer): Buffer {
  header.fill(" ", 148, 156);
  const sum = header.subarray(0, 512).reduce((a, b) => a + b, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

async function read(parts: readonly Uint8Array[], options: Partial<ReadDumpsOptions> = {}) {
  async function* stdin() {
    yield Buffer.concat(parts);
  }
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: stdin(), ...options });
  return {
    dumps: dumps.map((d) => [d.name, goroutineCount(d), d.complete]),
    problems: dumps.flatMap((d) => d.problems.map((p) => p.message)),
    failures: failures.map((f) => f.error.message),
  };
}

test("a label, which has no size, is passed over, and so is all that holds no file", async () => {
  const label = member("backup of a pod", "V");
  label.fill(0, 124, 136);
  const others = ["1", "2", "3", "4", "5", "6", "D", "K", "N", "g"].map((type) =>
    member("other", type, type === "D" ? Buffer.from("Ya.txt\0\0") : Buffer.alloc(0)),
  );
  const folder = member("folder/", "0");
  const parts = [summed(label), ...others, folder, member("a.txt", "0", plain), endOfArchive];
  expect(await read(parts)).toEqual({ dumps: [["stdin!a.txt", 19, true]], problems: [], failures: [] });
});

test("members of a kind that nobody knows are files", async () => {
  const parts = ["\0", "7", "Q", "9"].map((type) => member("a.txt", type, plain));
  const { dumps, failures } = await read([...parts, endOfArchive]);
  expect(failures).toEqual([]);
  expect(dumps).toEqual(parts.map(() => ["stdin!a.txt", 19, true]));
});

test("the rest of a file from another volume is read as such", async () => {
  const half = plain.subarray(plain.indexOf("\ngoroutine ", plain.length >> 1) + 1);
  const parts = [member("a.txt", "M", half), member("b.txt", "0", plain), endOfArchive];
  const { dumps, problems } = await read(parts);
  expect(dumps).toEqual([
    ["stdin!a.txt", expect.any(Number), false],
    ["stdin!b.txt", 19, true],
  ]);
  expect(problems).toEqual([expect.stringContaining("the beginning of this file is in the volume")]);
  const { failures } = await read([member("c", "M", Buffer.from("text")), parts[1]!, endOfArchive]);
  expect(failures).toEqual([expect.stringContaining("the beginning of this file is in the volume")]);
});

test("zeros that an archive leaves out are no way around the limit", async () => {
  const whole = readFileSync(new URL("sparse.tar", fixtures));
  // Eight gigabytes that end in zeros.
  whole.write("77777777777\0", 483);
  const { problems, failures } = await read([summed(whole)], { maxDecompressedBytes: 1 << 20 });
  expect([...problems, ...failures]).toContainEqual(
    expect.stringContaining("unpacks to more than 1048576 bytes"),
  );
});

test("a sparse file whose map is damaged is read as far as it is there, and that is told", async () => {
  const gnu = readFileSync(new URL("sparse.tar", fixtures));
  gnu.write("00000000777\0", 398);
  const { dumps, problems, failures } = await read([summed(gnu)]);
  expect(dumps).toEqual([
    ["stdin!front.txt", 19, false],
    ["stdin!end.txt", 19, true],
  ]);
  expect(problems).toEqual([expect.stringContaining("where they were can't be read")]);
  expect(failures).toEqual([]);
});

test("archives behind one another are read, however many zeros are between them", async () => {
  const [a, b] = [member("a.txt", "0", plain), member("b.txt", "0", plain)];
  const both = {
    dumps: [
      ["stdin!a.txt", 19, true],
      ["stdin!b.txt", 19, true],
    ],
    problems: [],
    failures: [],
  };
  for (const zeros of [512, 1024, 10240, 1 << 21])
    expect(await read([a, Buffer.alloc(zeros), b, endOfArchive])).toEqual(both);
  expect(await read([a, b, endOfArchive, Buffer.alloc(100)])).toEqual(both);
  const other = await read([a, b, endOfArchive, plain]);
  expect(other.dumps).toEqual(both.dumps);
  expect(other.failures).toEqual(["stdin: what is behind the end of the tar archive is not read"]);
});
