import { hash as digest } from "node:crypto";
import type { Facts } from "../match/facts.ts";
import type { Match } from "../match/match.ts";
import type { Member } from "../match/relation.ts";
import type { GoSymbol } from "../model/symbol.ts";
import { changed, changedAll } from "../report/later.ts";
import type { Finding } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";

/** Distinct functions of one role that still identify it; a role with more is identified by its packages. */
const maxFunctions = 8;

/** What matches of one rule in the same functions share. */
class Functions {
  readonly #text: string;
  #fingerprint: string | undefined;
  /** Several matches do. */
  areShared = false;

  /** @param text the rule, and for each role the functions */
  constructor(text: string) {
    this.#text = text;
  }

  /** 16 hexadecimal digits. */
  get fingerprint(): string {
    this.#fingerprint ??= hash(this.#text);
    return this.#fingerprint;
  }
}

/** What identifies a match. */
export class Identity {
  readonly functions: Functions;
  readonly #match: Match;
  readonly #closures: readonly string[];
  #variant: readonly string[] | undefined;

  constructor(functions: Functions, match: Match, closures: readonly string[]) {
    this.functions = functions;
    this.#match = match;
    this.#closures = closures;
  }

  /** `numberVariants` tells apart what shares it. */
  get fingerprint(): string {
    return this.functions.fingerprint;
  }

  /**
   * What differs between findings that share the fingerprint: closures as this build numbers them, and what the rule
   * binds, such as lines. Most share it with no other, and nobody asks.
   */
  get variant(): readonly string[] {
    this.#variant ??= [...[...new Set(this.#closures)].sort(compareNatural), ...textBindings(this.#match)];
    return this.#variant;
  }

  /** A text that it shares with equal ones of the rule; `undefined` where none can be. */
  get key(): string | undefined {
    return this.functions.areShared ? this.fingerprint + JSON.stringify(this.variant) : undefined;
  }
}

const noClosures: readonly string[] = [];

/**
 * Identities of matches of one rule over rebuilds and reruns: the rule, and for each required role the functions whose
 * lines block. Never addresses, ids, minutes, counts, lines or messages. The compiler numbers the closures of a function,
 * and an edit renumbers them: a closure counts as one of its function, at its depth, and two of them count as two.
 */
export function identitiesOf(rule: Rule, matches: readonly Match[]): Identity[] {
  const known = new Map<string, Functions>();
  return matches.map((match) => {
    let text = rule.id;
    let closures: string[] | undefined;
    for (const { role, members } of match.roles) {
      if (role.kind !== "required") continue;
      const { names, closures: some } = blockingFunctions(match.facts, members);
      text += `\u0000${role.name}`;
      for (const name of names) text += `\u0000${name}`;
      if (some.length > 0) closures = [...(closures ?? []), ...some];
    }
    let functions = known.get(text);
    if (functions === undefined) {
      functions = new Functions(text);
      known.set(text, functions);
    } else functions.areShared = true;
    return new Identity(functions, match, closures ?? noClosures);
  });
}

/** Lines and files without their directory, which differs from checkout to checkout. */
function textBindings({ rule, bindings }: Match): string[] {
  const texts: string[] = [];
  for (const name of Object.keys(bindings)) {
    const kind = rule.variables.get(name);
    if (kind === "address" || kind === "id") continue;
    const text = String(bindings[name]);
    const shown = kind === "line" || kind === "file" ? text.slice(text.lastIndexOf("/") + 1) : text;
    texts.push(`${name}=${shown}`);
  }
  return texts;
}

/** Names that identify the functions whose lines block, and those of closures as the compiler numbers them. */
function blockingFunctions(
  facts: Facts,
  members: readonly Member[],
): { names: readonly string[]; closures: readonly string[] } {
  const names = new Map<string, string>();
  const packages = new Set<string>();
  const closures: string[] = [];
  let last: GoSymbol | undefined;
  for (const { group } of members) {
    const place = facts.at(group.stackIndex);
    const frame = facts.dump.stacks[group.stackIndex]!.frames[typeof place === "number" ? place : 0];
    if (frame === undefined || frame.symbol === last) continue;
    last = frame.symbol;
    const suffix = closureSuffix(last);
    // Most matches have one goroutine of each role.
    if (members.length === 1 && suffix === "") return { names: [last.outer], closures: noClosures };
    const name = last.outer + suffix;
    if (suffix !== "") closures.push(name);
    if (names.size <= maxFunctions) names.set(name, last.outer + suffix.replace(/\d+/g, "#"));
    if (packages.size <= maxFunctions) packages.add(last.package);
  }
  if (names.size <= maxFunctions) return { names: [...names.values()].sort(), closures };
  return { names: ["many", ...(packages.size > maxFunctions ? [] : [...packages].sort())], closures };
}

/** `.func1.2` of a closure, without the wrappers that the compiler adds for `go f(x)`, `defer f(x)` and method values. */
function closureSuffix({ plain, outer }: GoSymbol): string {
  if (plain.length === outer.length) return "";
  return plain.slice(outer.length).replace(/(?:\.gowrap\d+|\.deferwrap\d+|-fm|·dwrap·\d+)+$/, "");
}

function hash(text: string): string {
  return digest("sha256", text, "hex").slice(0, 16);
}

/** A finding from before: of a baseline, or of a dump from before the load. */
export interface KnownFinding {
  readonly fingerprint: string;
  readonly variant?: readonly string[] | undefined;
}

/**
 * Findings of a whole run with fingerprints that differ where findings do, so that one known finding covers one: the
 * first variant keeps its fingerprint, the second gets another, and so on. Known variants keep their place, so that what
 * is new is called new; places that nobody takes go to the others, whose lines and numbers may have changed in an edit.
 * @param runs findings of each dump
 */
export function numberVariants(
  runs: readonly (readonly Finding[])[],
  known: readonly KnownFinding[],
): (readonly Finding[])[] {
  const places = new Map<string, ReadonlyMap<string, string>>();
  for (const [fingerprint, keys] of variantsOf(runs, known.length > 0))
    places.set(fingerprint, placesOf(fingerprint, keys, known));
  const numbered = (finding: Finding): Finding => {
    const { fingerprint, symptoms } = finding;
    const own = places.get(fingerprint)?.get(variantKey(finding.variant)) ?? fingerprint;
    return changed(finding, { fingerprint: own, symptoms: changedAll(symptoms, numbered) });
  };
  return runs.map((findings) => changedAll(findings, numbered));
}

/**
 * The variants of each fingerprint.
 * @param all also those of fingerprints that one finding has
 */
function variantsOf(runs: readonly (readonly Finding[])[], all: boolean): ReadonlyMap<string, Set<string>> {
  const first = new Map<string, Finding>();
  const variants = new Map<string, Set<string>>();
  const visit = (finding: Finding): void => {
    const { fingerprint, symptoms } = finding;
    const other = first.get(fingerprint);
    if (other === undefined) first.set(fingerprint, finding);
    if (other !== undefined || all) {
      const keys = variants.get(fingerprint) ?? new Set([variantKey((other ?? finding).variant)]);
      variants.set(fingerprint, keys.add(variantKey(finding.variant)));
    }
    symptoms.forEach(visit);
  };
  for (const findings of runs) findings.forEach(visit);
  return variants;
}

/** The fingerprint of each variant. */
function placesOf(
  fingerprint: string,
  keys: ReadonlySet<string>,
  known: readonly KnownFinding[],
): Map<string, string> {
  const free = [...keys].map((_, n) => (n === 0 ? fingerprint : hash(`${fingerprint}\u0000${n + 1}`)));
  // A known variant may have had a place behind those that this run needs.
  const all = [...free, ...extraPlaces(fingerprint, free.length, known.length)];
  const places = new Map<string, string>();
  const taken = new Set<string>();
  for (const entry of known) {
    const key = variantKey(entry.variant);
    if (!keys.has(key) || places.has(key) || taken.has(entry.fingerprint)) continue;
    if (!all.includes(entry.fingerprint)) continue;
    places.set(key, entry.fingerprint);
    taken.add(entry.fingerprint);
  }
  const left = all.values();
  for (const key of [...keys].sort(compareNatural)) {
    if (places.has(key)) continue;
    let place = left.next().value!;
    while (taken.has(place)) place = left.next().value!;
    places.set(key, place);
  }
  return places;
}

/** Most variants of one function that a baseline is searched for. */
const maxExtraPlaces = 64;

function extraPlaces(fingerprint: string, from: number, known: number): string[] {
  return Array.from({ length: Math.min(known, maxExtraPlaces) }, (_, n) =>
    hash(`${fingerprint}\u0000${from + n + 1}`),
  );
}

function variantKey(variant: readonly string[] = []): string {
  return variant.join("\u0000");
}

let natural: Intl.Collator | undefined;

/** `func2` before `func10`. */
function compareNatural(a: string, b: string): number {
  // Made when there is something to compare: it loads Unicode's tables.
  natural ??= new Intl.Collator("en", { numeric: true });
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
