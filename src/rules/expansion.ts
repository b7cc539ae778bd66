/** What is wrong with the aliases of a document. */
export type ExpansionProblem = "endless" | "too large";

/** A document may be this much larger with its aliases written out, and this large at all. */
const maxGrowth = 10;
const alwaysFine = 10_000;

/**
 * Whether writing out the aliases of a parsed document would blow it up, or never end. Whoever walks the document, as
 * the schema does, visits what an alias stands for once more each time.
 */
export function expansionProblem(value: unknown): ExpansionProblem | undefined {
  const sizes = new Map<object, number>();
  const open = new Set<object>();
  let endless = false;
  const sizeOf = (node: unknown): number => {
    if (typeof node !== "object" || node === null) return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    if (open.has(node)) {
      endless = true;
      return 0;
    }
    open.add(node);
    let size = 1;
    for (const child of Object.values(node)) size += sizeOf(child);
    open.delete(node);
    sizes.set(node, size);
    return size;
  };
  const expanded = sizeOf(value);
  if (endless) return "endless";
  let written = 1;
  for (const node of sizes.keys()) written += Object.keys(node).length;
  return expanded > Math.max(alwaysFine, maxGrowth * written) ? "too large" : undefined;
}
