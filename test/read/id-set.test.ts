import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet } from "../../src/read/id-set.ts";

test("it holds what a Set holds, whether ids lie close together or far apart", () => {
  const id = fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 + 40 }),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.nat({ max: 200 }).map((n) => n * 2 ** 40),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 600 }), fc.array(id), (added, asked) => {
      const ids = new IdSet();
      const plain = new Set<number>();
      for (const one of added) {
        expect(ids.add(one)).toBe(!plain.has(one));
        plain.add(one);
      }
      expect(ids.size).toBe(plain.size);
      for (const one of [...added, ...asked]) expect(ids.has(one)).toBe(plain.has(one));
    }),
  );
});
