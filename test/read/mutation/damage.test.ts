import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { damages } from "./damages.ts";
import { bareKinds, type Kind, loggedKinds, packedKinds } from "./kinds.ts";
import { countGoroutines, countLoggedHeaders } from "./oracle.ts";
import { reading } from "./reading.ts";

/**
 * Every input, damaged: the readers neither throw nor hang, and nothing that the damaged bytes still show is lost
 * without a word. `MUTATION_SWEEP=1` damages each a thousand times, differently each time.
 */
const sweep = process.env.MUTATION_SWEEP !== undefined;
const runs = sweep ? 1000 : 3;
const seed = sweep ? {} : { seed: 20_260_101 };
const kinds = [...bareKinds(), ...loggedKinds(), ...(await packedKinds())];

const latin1 = (bytes: Buffer) => bytes.toString("latin1");

async function judge(kind: Kind, damaged: Buffer): Promise<void> {
  const said = await reading(damaged);
  if (said.noticed) return;
  const shown =
    kind.unwrapped === undefined
      ? countGoroutines(kind.form, damaged)
      : countLoggedHeaders((kind.decoded ?? latin1)(damaged));
  expect(said.seen).toBeGreaterThanOrEqual(shown);
}

describe.each(kinds)("$name", (kind) => {
  test.each(Object.entries(damages))("%s", { timeout: sweep ? 3_600_000 : 60_000 }, async (name, damage) => {
    const places = fc.array(fc.nat(), { minLength: 4, maxLength: 20 });
    const packed = kind.form === "packed" || kind.form === "profile" || kind.form === "snapshot";
    const few = packed && name.startsWith("lines") ? 1 : runs;
    await fc.assert(
      fc.asyncProperty(places, async (at) => judge(kind, damage(kind.bytes, at))),
      { numRuns: few, ...seed },
    );
  });
});

test("packed content that changed is not taken for whole", async () => {
  for (const kind of kinds.filter((k) => /gz|zip|snapshot/.test(k.name))) {
    const whole = await reading(kind.bytes);
    for (let at = 40; at < kind.bytes.length; at += Math.ceil(kind.bytes.length / (sweep ? 2000 : 12))) {
      const changed = Buffer.from(kind.bytes);
      changed[at]! ^= 4;
      const said = await reading(changed);
      if (!said.noticed) expect([kind.name, at, said.seen]).toEqual([kind.name, at, whole.seen]);
    }
  }
});
