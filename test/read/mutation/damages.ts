/** Damages bytes; `at` are random numbers. */
export type Damage = (bytes: Buffer, at: readonly number[]) => Buffer;

/** Damages lines; `at` are random numbers. */
function onLines(change: (lines: Buffer[], a: number, b: number) => void): Damage {
  return (bytes, at) => {
    const lines: Buffer[] = [];
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(10, from);
      const to = end < 0 ? bytes.length : end + 1;
      lines.push(bytes.subarray(from, to));
      from = to;
    }
    for (let i = 0; i + 1 < at.length && lines.length > 0; i += 2)
      change(lines, at[i]! % lines.length, at[i + 1]! % lines.length);
    return Buffer.concat(lines);
  };
}

function spliced(bytes: Buffer, at: number, more: Buffer, instead = 0): Buffer {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place + instead)]);
}

/** Ways in which input gets damaged. */
export const damages: Readonly<Record<string, Damage>> = {
  "bytes flipped": (bytes, at) => {
    const flipped = Buffer.from(bytes);
    for (const place of at) flipped[place % flipped.length]! ^= 1 << (place % 8);
    return flipped;
  },
  "lines exchanged": onLines((lines, a, b) => {
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  }),
  "lines doubled": onLines((lines, a) => void lines.splice(a, 0, lines[a]!)),
  "lines dropped": onLines((lines, a) => void lines.splice(a, 1)),
  "lines joined": onLines((lines, a) => {
    lines[a] = lines[a]!.subarray(0, -1);
  }),
  "a part missing in the middle": (bytes, at) =>
    spliced(bytes, at[0]!, Buffer.alloc(0), at[1]! % Math.max(1, bytes.length >> 2)),
  "a part twice": (bytes, at) => {
    const from = at[1]! % bytes.length;
    return spliced(bytes, at[0]!, bytes.subarray(from, from + (at[2]! % 2000)));
  },
  "zeros inside": (bytes, at) => spliced(bytes, at[0]!, Buffer.alloc(1 + (at[1]! % 600))),
  "bytes that are no UTF-8": (bytes, at) =>
    spliced(bytes, at[0]!, Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80])),
  "a long line": (bytes, at) => spliced(bytes, at[0]!, Buffer.alloc(70_000, "x0(")),
  "deep brackets": (bytes, at) => spliced(bytes, at[0]!, Buffer.from(`{"id":[`.repeat(3000))),
  "unknown attributes": (bytes, at) =>
    Buffer.from(
      bytes
        .toString("latin1")
        .replaceAll("]:\n", `, ${["frozen", "on cpu 7", "bubble {1}", '"a]: b"'][at[0]! % 4]}]:\n`)
        .replaceAll('{"id":', '{"newField":{"a":[1,"}"]},"id":'),
      "latin1",
    ),
};
