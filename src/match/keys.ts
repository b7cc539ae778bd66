import { type Bindings, type Solution, truth } from "./condition.ts";

/** Text that is equal for equal bindings. */
export function bindingsKey(bindings: Bindings): string {
  let key = "";
  const names = Object.keys(bindings);
  if (!isAscending(names)) names.sort();
  for (let i = 0; i < names.length; i++) {
    const value = bindings[names[i]!];
    key += `${names[i]!}\u0000${typeof value}${String(value)}\u0001`;
  }
  return key;
}

/** Sorting makes copies; most often there is nothing to sort. */
function isAscending(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return false;
  return true;
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
