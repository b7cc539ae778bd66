import { goroutinesByStack } from "../model/dump.ts";
import type { ReadText } from "../rules/predicates/frame-properties.ts";
import type { Facts } from "./facts.ts";

/** For each stack how many goroutines have the same text at the line that blocks; any number where nobody knows it. */
export function crowdsOf(facts: Facts, read: ReadText): Float64Array {
  const { stacks } = facts.dump;
  const weights = goroutinesByStack(facts.dump);
  const subject = { facts };
  const crowds = new Map<string, number>();
  const texts = stacks.map(({ frames }, i) => {
    const place = facts.at(i);
    const text = typeof place === "number" ? read(frames[place]!, subject) : undefined;
    if (text !== undefined) crowds.set(text, (crowds.get(text) ?? 0) + weights[i]!);
    return text;
  });
  return Float64Array.from(texts, (text) =>
    text === undefined ? Number.POSITIVE_INFINITY : crowds.get(text)!,
  );
}
