import { type Bindings, type Solution, truth } from "./condition.ts";

/** Text that is equal for equal bindings. */
export function bindingsKey(bindings: Bindings): string {
  let key = "";
  const names = Object.keys(bindings);
  for (const name of names.length > 1 ? names.sort() : names) {
    const value = bindings[name];
    key += `${name}\u0000${typeof value}${String(value)}\u0001`;
  }
  return key;
}

const plainly = truth(true);
const plainKey = keyOf(plainly);

/** The key of those that fail. */
export const noAnswer = "";

/** Text that is equal for answers that differ at most in the frames that show them. */
export function answerKey(solutions: readonly Solution[]): string {
  return solutions === plainly ? plainKey : keyOf(solutions);
}

function keyOf(solutions: readonly Solution[]): string {
  const ways = solutions.map(({ known, bindings, forbidden, missing }) =>
    [known, missing, ...[bindings, ...forbidden].map(bindingsKey)].join(";"),
  );
  return [...new Set(ways)].join("|");
}
