import { fieldAround } from "./escaped-text.ts";
import { testOutput } from "./field-layer.ts";
import { findDumpHeader } from "./header.ts";
import { criPrefix } from "./line-prefix.ts";

/** What is to be taken off a line first. */
export type Wrapping =
  | { readonly kind: "cri" }
  | { readonly kind: "field"; readonly key: string }
  | { readonly kind: "prefix"; readonly prefix: string };

/** Envelopes in envelopes. */
export const maxLayers = 5;

/** The envelope that a line shows by its form alone. */
export function envelopeOf(line: string): Wrapping | undefined {
  if (criPrefix(line) !== undefined) return { kind: "cri" };
  if (line.startsWith('{"log":"')) return { kind: "field", key: "log" };
  if (/^\{"Time":"[^"]{1,40}","Action":"/.test(line)) return { kind: "field", key: testOutput };
  return undefined;
}

/** What is wrapped around the first header of a line, outermost; `plain`: nothing is; `undefined`: it is prose. */
export function wrappingOf(line: string, depth = 0): Wrapping | "plain" | undefined {
  const at = depth > maxLayers ? -1 : findDumpHeader(line);
  if (at < 0) return undefined;
  const before = line.slice(0, at);
  if (before === "") return "plain";
  const cri = criPrefix(line);
  if (cri !== undefined) return wrappingOf(cri.text, depth + 1) && { kind: "cri" };
  const field = fieldAround(line, at);
  if (field === undefined) return { kind: "prefix", prefix: before };
  const inside = field.text.split("\n").find((part) => findDumpHeader(part) >= 0) ?? "";
  return wrappingOf(inside, depth + 1) && { kind: "field", key: field.key };
}
