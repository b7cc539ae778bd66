import { expect, test, vi } from "vitest";
import { locationAt } from "../../src/read/delve/api.ts";
import { Places } from "../../src/read/delve/places.ts";

// Most things collide, so that they are told apart by what they are.
vi.mock("../../src/model/hash.ts", () => ({
  mixed: (_: number, value: number) => value & 1,
  mixedDouble: (_: number, value: number) => value & 1,
}));

const names = ["", "main.f", "main.größe"];
const files = ["", "?", "/main.go"];
const lines = [0, 7, -1, 1.5, 2 ** 31];
const addresses = [0, 4676398, 2 ** 47 + 1, Number.NaN];
const all = names.flatMap((name) =>
  files.flatMap((file) =>
    lines.flatMap((line) =>
      addresses.flatMap((pc) => addresses.map((entry) => [name, file, line, pc, entry] as const)),
    ),
  ),
);

test("what is the same place has the same number, whether it comes in strings or in their numbers", () => {
  const places = new Places();
  const seen = new Map<string, number>();
  for (const [name, file, line, pc, entry] of [...all, ...all]) {
    const location = locationAt(name, file, line, pc, entry);
    const place = places.at(places.pool.symbol(name), places.pool.file(file), line, pc, entry);
    const key = JSON.stringify(location, (_, value: unknown) => (Number.isNaN(value) ? "NaN" : value));
    expect(places.number(location)).toBe(place);
    expect(places.location(place)).toEqual(location);
    expect(place).toBe(location === undefined ? -1 : (seen.get(key) ?? seen.size));
    if (location !== undefined) seen.set(key, place);
  }
});
