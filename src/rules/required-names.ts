import { namesIn } from "../model/names.ts";
import { isRegexp, parseCapture } from "./pattern.ts";
import type { RoleSource } from "./rule-source.ts";

/** Keys of a role that ask frames of the stack itself. */
const frameKeys = ["at", "top", "entry", "frame", "stack"] as const;
/** Properties of a frame that are parts of its function's name. */
const nameKeys = ["function", "outer", "package", "type", "method"] as const;

const known = new WeakMap<RoleSource, readonly string[]>();

/**
 * Names without which no stack can satisfy a role: the whole words of its globs. A dump that has one of them in none of
 * its functions has nobody for the role, and no stack needs to be asked.
 */
export function requiredNames(role: RoleSource): readonly string[] {
  let names = known.get(role);
  if (names === undefined) {
    names = namesAskedFor(role);
    known.set(role, names);
  }
  return names;
}

function namesAskedFor(role: RoleSource): readonly string[] {
  const patterns = frameKeys.flatMap((key) => framesOf(role[key])).flatMap(patternsOf);
  return [...new Set(patterns.flatMap(wholeWords))];
}

function framesOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Globs of a frame that must match; of a list of globs only one must, so that none is required. */
function patternsOf(frame: unknown): readonly string[] {
  if (typeof frame === "string") return frame === "..." ? [] : [frame];
  if (typeof frame !== "object" || frame === null) return [];
  return nameKeys.flatMap((key) => {
    const pattern = (frame as Readonly<Record<string, unknown>>)[key];
    return typeof pattern === "string" ? [pattern] : [];
  });
}

function wholeWords(pattern: string): readonly string[] {
  if (isRegexp(pattern) || /^[$@]/.test(pattern) || parseCapture(pattern) !== undefined) return [];
  // What a star touches may be part of a longer word; the star of (*T) touches nothing.
  const open = pattern.replace(/[\p{L}\p{N}_]*(?<!\()\*[\p{L}\p{N}_*]*/gu, ".");
  return namesIn(open);
}
