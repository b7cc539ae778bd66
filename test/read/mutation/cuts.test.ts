import { describe, expect, test } from "vitest";
import { bareKinds, type Kind, loggedKinds, packedKinds } from "./kinds.ts";
import { countGoroutines, mayEnd } from "./oracle.ts";
import { reading } from "./reading.ts";

/**
 * Every input, cut: what is left must be said to be cut, or be what an input of its form may end with; then
 * everything that it shows was read. `MUTATION_SWEEP=1` cuts at every byte of the first and last 4 KB, 11 at every eleventh.
 */
const sweep = Number(process.env.MUTATION_SWEEP ?? 0);
const ends = 4096;
const kinds = [...bareKinds(), ...loggedKinds(), ...(await packedKinds())];

/** Where an input is cut: with a stride through its ends, at its last bytes, around line ends, and in between. */
function places(kind: Kind, number: number): number[] {
  const { bytes } = kind;
  const at = new Set<number>();
  // The prefixes of logs are short.
  const stride = sweep || (kind.name.startsWith("log: CRI") ? 31 : 193);
  for (let i = number % stride; i < Math.min(ends, bytes.length); i += stride) {
    at.add(i);
    at.add(bytes.length - 1 - i);
  }
  const last = sweep ? 200 : 16;
  for (let i = 1; i <= Math.min(last, bytes.length); i++) at.add(bytes.length - i);
  for (let i = 1; i <= (sweep ? 500 : 10); i++)
    at.add(Math.floor((bytes.length * i * 0.6180339887) % bytes.length));
  return [...at].sort((a, b) => a - b);
}

function mayEndAt(kind: Kind, end: number): boolean {
  if (kind.seams?.includes(end) || end >= (kind.wholeFrom ?? Number.POSITIVE_INFINITY)) return true;
  const texts = kind.unwrapped?.(end);
  return texts === undefined
    ? mayEnd(kind.form, kind.bytes.subarray(0, end))
    : texts.every((of) => of.some((text) => mayEnd(kind.form, Buffer.from(text))));
}

describe.each(kinds.map((kind, number) => ({ ...kind, number })))("$name", (kind) => {
  test("whole, it is read completely", async () => {
    const said = await reading(kind.bytes);
    expect(said.messages.map((m) => m.slice(0, 40))).toEqual((kind.says ?? []).map((m) => m.slice(0, 40)));
    expect(said.noticed).toBe((kind.says ?? []).length > 0);
    if (kind.unwrapped === undefined)
      expect(said.seen).toBeGreaterThanOrEqual(countGoroutines(kind.form, kind.bytes));
  });

  test("cut, it is said to be cut, or may end there", { timeout: sweep ? 3_600_000 : 60_000 }, async () => {
    const silent: string[] = [];
    for (const end of places(kind, kind.number)) {
      const left = kind.bytes.subarray(0, end);
      const said = await reading(left).catch((error: unknown) => {
        throw new Error(`cut at ${end}: ${String(error)}`, { cause: error });
      });
      const count = kind.unwrapped === undefined ? countGoroutines(kind.form, left) : 0;
      const lost = said.seen < count && !said.noticed;
      if (lost || (!said.noticed && !mayEndAt(kind, end)))
        silent.push(
          `${end}: ${said.seen} of ${count}: …${JSON.stringify(left.subarray(-60).toString("latin1"))}`,
        );
    }
    expect(silent).toEqual([]);
  });
});
