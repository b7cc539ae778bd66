import { bareText, fieldAround } from "./escaped-text.ts";
import { testOutput, unquoted } from "./field-layer.ts";
import { findDumpHeader, findDumpLine, isPageLine, isSession, labelsFollow } from "./header.ts";
import { criPrefix } from "./line-prefix.ts";
import { recordProcess, recordText } from "./record-line.ts";
import { findSession } from "./session-line.ts";

/** What is to be taken off a line first. */
export type Wrapping =
  | { readonly kind: "cri" | "page" }
  | { readonly kind: "field"; readonly key: string }
  | { readonly kind: "prefix"; readonly prefix: string };

/** Envelopes in envelopes. */
export const maxLayers = 5;

/** The envelope that a line shows by its form alone. */
export function envelopeOf(line: string): Wrapping | undefined {
  if (criPrefix(line) !== undefined) return { kind: "cri" };
  if (recordProcess(line) !== undefined) return { kind: "field", key: recordText };
  if (line.startsWith('{"log":"')) return { kind: "field", key: "log" };
  if (/^\{"Time":"[^"]{1,40}","Action":"/.test(line)) return { kind: "field", key: testOutput };
  return undefined;
}

/** What is wrapped around the first header of a line, outermost; `plain`: nothing is; `undefined`: it is prose. */
export function wrappingOf(line: string, depth = 0): Wrapping | "plain" | undefined {
  const at = depth > maxLayers ? -1 : findDumpLine(line);
  if (at < 0 || labelsFollow.test(line.slice(0, at))) return undefined;
  // What is escaped in a header that ends its line is in its labels.
  const escaped = findDumpHeader(line)?.ending !== "line" && line.includes("\\n", at);
  const isPage = isPageLine(line);
  if ((at === 0 || isSession(line)) && !escaped && !isPage) return "plain";
  const cri = criPrefix(line);
  if (cri !== undefined) return wrappingOf(cri.text, depth + 1) && { kind: "cri" };
  const field = fieldAround(line, at);
  if (field === undefined && isPage) return { kind: "page" };
  if (field === undefined && !escaped) return { kind: "prefix", prefix: prefixBefore(line, at) };
  const { key, text } = field ?? { key: unquoted, text: bareText(line, true).text };
  const inside = text.split("\n").find((part) => findDumpLine(part) >= 0) ?? "";
  return wrappingOf(inside, depth + 1) && { kind: "field", key };
}

/** Tabs before a goroutine of a group are Delve's own. */
function prefixBefore(line: string, at: number): string {
  const before = line.slice(0, at);
  return findSession(line) === at ? before.replace(/\t{1,3}$/, "") : before;
}
