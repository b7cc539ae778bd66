import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Strings } from "../../src/model/strings.ts";

// Most things collide, so that they are told apart by what they are.
vi.mock("../../src/model/hash.ts", () => ({
  mixed: (_: number, value: number) => value & 1,
  mixedDouble: (_: number, value: number) => value & 1,
}));

const texts = fc.oneof(fc.constantFrom("", "\0", "\0\0", "main.f", "größe", "\ud800"), fc.string());
const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text);

test("equal strings have one number, however they are found, and no others have it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(texts, fc.boolean(), fc.boolean()), { maxLength: 600 }), (asked) => {
      const strings = new Strings();
      const numbers = new Map<string, number>();
      for (const [text, byBytes, isOwn] of asked) {
        const bytes = Buffer.from(`"${text}"`);
        const number =
          byBytes && isAscii(text)
            ? strings.numberOf(bytes, 1, bytes.length - 1)
            : strings.number(text, isOwn);
        expect(number).toBe(numbers.get(text) ?? numbers.size);
        expect(strings.at(number)).toBe(text);
        numbers.set(text, number);
      }
    }),
  );
});
