import { readFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { goroutineCount } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

const fixtures = new URL("../../fixtures/dumps/containers/", import.meta.url);
const plain = readFileSync(new URL("plain.txt", fixtures));
const two = readFileSync(new URL("two.zip", fixtures));
const wrong = "this file of the zip archive is damaged: its checksum is wrong";

interface Form {
  readonly method?: number;
  readonly encrypted?: boolean;
  /** Whether the header says the packed size, too. */
  readonly sized?: boolean;
  /** Bytes of each size in the descriptor. */
  readonly sizes?: 4 | 8;
  readonly crc?: number;
}

/** A file whose sizes follow it, as programs write it that can't go back. */
function streamed(name: string, content: Buffer, form: Form = {}): Buffer {
  const { method = 0, encrypted = false, sized = false, sizes = 4, crc = crc32(content) } = form;
  const data = method === 8 ? deflateRawSync(content) : content;
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(encrypted ? 9 : 8, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(sized ? data.length : 0, 18);
  header.writeUInt16LE(name.length, 26);
  const descriptor = Buffer.alloc(8 + 2 * sizes);
  descriptor.write("PK\x07\x08", 0, "latin1");
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(data.length, 8);
  descriptor.writeUInt32LE(content.length, 8 + sizes);
  return Buffer.concat([header, Buffer.from(name), data, descriptor]);
}

const end = Buffer.alloc(22);
end.write("PK\x05\x06", 0, "latin1");

async function read(parts: readonly Uint8Array[], chunk = 1 << 20) {
  const bytes = Buffer.concat(parts);
  async function* stdin() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: stdin() });
  return {
    dumps: dumps.map((d) => [d.name, goroutineCount(d), d.complete]),
    problems: dumps.flatMap((d) => d.problems.map((p) => p.message)),
    failures: failures.map((f) => f.error.message),
  };
}

const whole = (...names: string[]) => ({
  dumps: names.map((name) => [`stdin!${name}`, 19, true]),
  problems: [],
  failures: [],
});

describe("files whose sizes follow them", () => {
  test.each<Form>([{ sizes: 4 }, { sizes: 8 }, { sized: true }, { method: 8, sizes: 8 }])(
    "are read: %j",
    async (form) => {
      const parts = [streamed("a.txt", plain, form), streamed("b.txt", plain, form), end];
      for (const chunk of [1, 7, 4096, 1 << 20])
        expect(await read(parts, chunk)).toEqual(whole("a.txt", "b.txt"));
    },
  );

  test("end where a descriptor says so, not where one stands in them", async () => {
    const signatures = Buffer.from("PK\x07\x08".repeat(9), "latin1");
    const inner = Buffer.concat([streamed("in.txt", plain), streamed("x", signatures), end]);
    expect((await read([streamed("in.zip", inner), streamed("b.txt", plain), end])).dumps).toEqual([
      ["stdin!in.zip!in.txt", 19, true],
      ["stdin!b.txt", 19, true],
    ]);
    // Where what is kept in memory is parted.
    for (const shift of [0, 1, 5, 20, 27, 28, 29]) {
      const log = Buffer.from(`${"x".repeat((1 << 18) - plain.length - shift - 1)}\n`);
      expect(await read([streamed("a.txt", Buffer.concat([log, plain])), end])).toEqual(whole("a.txt"));
    }
  });

  test("are told when their checksum is wrong, or when they are cut", async () => {
    for (const method of [0, 8]) {
      const hurt = streamed("a.txt", plain, { method, crc: 1 });
      const { dumps, problems } = await read([hurt, streamed("b.txt", plain), end]);
      expect(dumps.map(([, , complete]) => complete)).toEqual([false, true]);
      expect(problems).toEqual([wrong]);
    }
    const cut = await read([streamed("a.txt", plain).subarray(0, 4000)]);
    expect(cut.dumps.map(([, , complete]) => complete)).toEqual([false]);
    expect(cut.problems).toContain("the zip archive is cut in this file");
  });

  test.each<Form>([{ encrypted: true }, { encrypted: true, sized: true }, { method: 12 }])(
    "and can't be unpacked are passed over, and the others are read: %j",
    async (form) => {
      const { dumps, failures } = await read([streamed("a.txt", plain, form), streamed("b.txt", plain), end]);
      expect(dumps).toEqual([["stdin!b.txt", 19, true]]);
      expect(failures).toEqual([expect.stringMatching(/a\.txt: .* (?:is encrypted|not known \(12\))/)]);
    },
  );
});

describe("behind the end of an archive", () => {
  test("another one is read", async () => {
    expect(await read([two, two])).toEqual(whole("a.txt", "sub/b.txt", "a.txt", "sub/b.txt"));
    expect(await read([streamed("a.txt", plain), end, two])).toEqual(whole("a.txt", "a.txt", "sub/b.txt"));
  });

  test("zeros are nothing, and anything else is told", async () => {
    expect(await read([two, Buffer.alloc(1000)])).toEqual(whole("a.txt", "sub/b.txt"));
    const { dumps, failures } = await read([two, plain]);
    expect(dumps).toHaveLength(2);
    expect(failures).toEqual(["stdin: what is behind the end of the zip archive is not read"]);
  });

  test("its comment is passed over", async () => {
    const commented = Buffer.from(two);
    const comment = Buffer.from("PK\x03\x04 made by hand", "latin1");
    commented.writeUInt16LE(comment.length, commented.length - 2);
    expect(await read([commented, comment])).toEqual(whole("a.txt", "sub/b.txt"));
  });
});
