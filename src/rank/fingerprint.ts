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

/** What identifies a match. */
export class Identity {
  /** 16 hexadecimal digits; `numberVariants` tells apart what shares it. */
  readonly fingerprint: string;
  readonly #match: Match;
  readonly #closures: readonly string[];
  #variant: readonly string[] | undefined;

  constructor(fingerprint: string, match: Match, closures: readonly string[]) {
    this.fingerprint = fingerprint;
    this.#match = match;
    this.#closures = closures;
  }

  /**
   * What differs between findings that share the fingerprint: closures as this build numbers them, and what the rule
   * binds, such as lines. Most share it with no other, and nobody asks.
   */
  get variant(): readonly string[] {
    this.#variant ??= [...[...new Set(this.#closures)].sort(compareNatural), ...textBindings(this.#match)];
    return this.#variant;
  }
}

/** Identities of matches of one rule. */
export class Identities {
  readonly #rule: Rule;
  /** Most matches share their functions with others. */
  readonly #fingerprints = new Map<string, string>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /**
   * Identity of a match over rebuilds and reruns: the rule, and for each required role the functions whose lines block.
   * Never addresses, ids, minutes, counts, lines or messages. The compiler numbers the closures of a function, and an
   * edit renumbers them: a closure counts as one of its function, at its depth, and two of them count as two.
   */
  of(match: Match): Identity {
    const parts = [this.#rule.id];
    const closures: string[] = [];
    for (const { role, members } of match.roles) {
      if (role.kind !== "required") continue;
      parts.push(role.name, ...namesOf(match.facts, members, closures));
    }
    return new Identity(this.#fingerprintOf(parts), match, closures);
  }

  #fingerprintOf(parts: readonly string[]): string {
    const text = parts.join("\u0000");
    let fingerprint = this.#fingerprints.get(text);
    if (fingerprint === undefined) {
      fingerprint = hash(text);
      this.#fingerprints.set(text, fingerprint);
    }
    return fingerprint;
  }
}

/** For each of some identities a text that equal ones share. */
export function keysOf(identities: readonly Identity[]): string[] {
  const shared = new Map<string, boolean>();
  for (const { fingerprint } of identities) shared.set(fingerprint, shared.has(fingerprint));
  return identities.map((one) =>
    shared.get(one.fingerprint) === true ? one.fingerprint + JSON.stringify(one.variant) : one.fingerprint,
  );
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

/**
 * Names that identify the functions whose lines block, however the compiler numbers closures, which are added to `closures`
 * as it does.
 */
function namesOf(facts: Facts, members: readonly Member[], closures: string[]): string[] {
  const names = new Map<string, string>();
  const packages = new Set<string>();
  let last: GoSymbol | undefined;
  for (const { group } of members) {
    const place = facts.at(group.stackIndex);
    const frame = facts.dump.stacks[group.stackIndex]!.frames[typeof place === "number" ? place : 0];
    if (frame === undefined || frame.symbol === last) continue;
    last = frame.symbol;
    const suffix = closureSuffix(last);
    const name = last.outer + suffix;
    if (suffix !== "") closures.push(name);
    if (names.size <= maxFunctions) names.set(name, last.outer + suffix.replace(/\d+/g, "#"));
    if (packages.size <= maxFunctions) packages.add(last.package);
  }
  if (names.size <= maxFunctions) return [...names.values()].sort();
  return ["many", ...(packages.size > maxFunctions ? [] : [...packages].sort())];
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
