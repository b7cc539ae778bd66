import { createRequire } from "node:module";
import type * as Re2js from "re2js";
import { requiredLiteral } from "./required-literal.ts";

const require = createRequire(import.meta.url);

/** Tests a text; made once, called once a distinct symbol. */
export type TextTest = (text: string) => boolean;

/** `$NAME`, `$NAME?`, `$NAME*`: how a place of a rule binds a variable. */
export interface Capture {
  readonly name: string;
  /** `$X?`: may stay unknown; an unknown joins with anything, unconfirmed. */
  readonly optional: boolean;
  /** `$X*`: collected for messages, neither grouped nor joined by. */
  readonly collected: boolean;
}

const captureForm = /^\$([A-Z][A-Z0-9_]*)([?*]?)$/;

/** The capture that a text is, `undefined` when it is none. */
export function parseCapture(text: string): Capture | undefined {
  const m = captureForm.exec(text);
  return m === null ? undefined : { name: m[1]!, optional: m[2] === "?", collected: m[2] === "*" };
}

/** Whether a pattern is written between slashes. */
export function isRegexp(pattern: string): boolean {
  return pattern.length > 1 && pattern.startsWith("/") && pattern.endsWith("/");
}

/** A pattern that can't be compiled: why, in words for the rule's author. */
export class PatternError extends Error {}

/**
 * Compiles a glob over Go names, or a `/regexp/` (RE2 syntax, linear time).
 * `*` stands for any characters, except in `(*T)` where it is the pointer star; `?` stands for itself.
 */
export function compileText(pattern: string): TextTest {
  if (isRegexp(pattern)) {
    return compileRegexp(pattern.slice(1, -1));
  }
  const parts = globParts(pattern);
  if (parts.length === 1) return (text) => text === parts[0];
  return (text) => matchParts(text, parts);
}

function compileRegexp(source: string): TextTest {
  // Loaded only when an expression is made: most dumps never get to those of the built-in rules.
  const { RE2JS } = require("re2js") as typeof Re2js;
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matcher(text).find();
  } catch (error) {
    throw new PatternError(
      `the regular expression is not accepted: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** As `compileText`, for patterns that were checked before: an expression is made for the first name that it may match. */
export function compileTextLater(pattern: string): TextTest {
  if (!isRegexp(pattern)) return compileText(pattern);
  const literal = requiredLiteral(pattern.slice(1, -1));
  let test: TextTest | undefined;
  return (text) => {
    if (!text.includes(literal)) return false;
    test ??= compileText(pattern);
    return test(text);
  };
}

/** Literal parts between the stars. `main.(*Pool).*` is `main.(*Pool).` and ``. */
function globParts(pattern: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === "*" && !(i > 0 && pattern[i - 1] === "(")) {
      parts.push(part);
      part = "";
    } else part += c;
  }
  parts.push(part);
  return parts;
}

/** Greedy from the left, which is exact for patterns whose only wildcard is `*`; linear in text times parts. */
function matchParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false;
  let at = first.length;
  const end = text.length - last.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const found = text.indexOf(parts[i]!, at);
    if (found < 0 || found + parts[i]!.length > end) return false;
    at = found + parts[i]!.length;
  }
  return true;
}
