import { constructFromEvents, type Event, getScalarValue, parseEvents, YAMLException } from "js-yaml";
import { RuleError, type RuleProblem, type TextPosition } from "../errors.ts";
import { type ExpansionProblem, expansionProblem } from "./expansion.ts";

/** A YAML document with the place of everything in it. */
export interface PositionedYaml {
  readonly value: unknown;
  /** Problem at a place given as a JSON pointer; the nearest enclosing place when there is none. */
  problem(
    pointer: string,
    message: string,
    options?: { hint?: string | undefined; severity?: "error" | "warning"; onKey?: boolean },
  ): RuleProblem;
}

/** Aliases that one file may use; more is a file made to blow up. */
const maxAliases = 200;

interface Place {
  readonly key: number | undefined;
  readonly value: number;
}

/** JSON pointer below `parent`. */
export function pointer(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/**
 * Parses a YAML file (one document, YAML 1.2, core schema) and remembers where each key and value stands.
 * @throws RuleError with file:line:column for syntax errors, tabs, duplicate keys, unknown tags and too many aliases
 */
export function parseYaml(file: string, source: string): PositionedYaml {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  try {
    const events = parseEvents(text, { filename: file });
    const documents = constructFromEvents(events, { source: text, filename: file, maxAliases });
    const places = placesOf(text, events);
    if (documents.length > 1)
      throw new RuleError([
        at(file, text, second(events), "a file holds one YAML document, this is the second"),
      ]);
    const blown = expansionProblem(documents[0]);
    if (blown !== undefined) throw new RuleError([at(file, text, 0, expansionWords[blown], aliasHint)]);
    return {
      value: documents[0],
      problem(path, message, { hint, severity = "error", onKey = false } = {}) {
        const place = nearestPlace(places, path);
        const offset = onKey ? (place.key ?? place.value) : place.value;
        return at(file, text, offset, message, hint, severity);
      },
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new RuleError([at(file, text, error.mark?.position ?? 0, error.reason, yamlHint(error.reason))]);
  }
}

const expansionWords: Readonly<Record<ExpansionProblem, string>> = {
  endless: "an alias (*name) stands inside what it stands for: the file has no end",
  "too large": "aliases (*name) make this file many times as large as it is written",
};
const aliasHint = "say what rules share under defaults, and conditions under define";

function yamlHint(reason: string): string | undefined {
  if (reason.includes("tab")) return "indent with spaces";
  if (reason.includes("duplicated")) return "remove one of the two";
  if (reason.includes("tag")) return "only plain YAML is read: no tags";
  return undefined;
}

function at(
  file: string,
  text: string,
  offset: number,
  message: string,
  hint?: string,
  severity: "error" | "warning" = "error",
): RuleProblem {
  const position = positionAt(text, offset);
  const sourceLine = text.split(/\r?\n/, position.line)[position.line - 1] ?? "";
  return { file, position, message, ...(hint === undefined ? {} : { hint }), sourceLine, severity };
}

function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

function second(events: readonly Event[]): number {
  const starts = events.flatMap((e, i) => (e.type === 1 ? [i] : []));
  const first = events[(starts[1] ?? 0) + 1];
  return first === undefined ? 0 : offsetOf(first);
}

function offsetOf(event: Event): number {
  if (event.type === 4) return event.valueStart;
  if (event.type === 2 || event.type === 3) return event.start;
  if (event.type === 5) return event.anchorStart;
  return 0;
}

interface Open {
  readonly pointer: string;
  readonly mapping: boolean;
  index: number;
  key: { readonly name: string; readonly offset: number } | undefined;
}

/** Places by JSON pointer; what an alias brings in stands where the alias stands. */
function placesOf(text: string, events: readonly Event[]): Map<string, Place> {
  const places = new Map<string, Place>();
  const open: Open[] = [];
  for (const event of events) {
    if (event.type === 1) continue;
    const parent = open[open.length - 1];
    if (event.type === 6) {
      open.pop();
      continue;
    }
    if (parent?.mapping && parent.key === undefined) {
      const name = event.type === 4 ? getScalarValue(text, event) : "";
      parent.key = { name, offset: offsetOf(event) };
      if (event.type === 2 || event.type === 3)
        open.push({ pointer: "", mapping: event.type === 3, index: 0, key: undefined });
      continue;
    }
    const path =
      parent === undefined ? "" : pointer(parent.pointer, parent.mapping ? parent.key!.name : parent.index++);
    places.set(path, { key: parent?.key?.offset, value: offsetOf(event) });
    if (parent?.mapping) parent.key = undefined;
    if (event.type === 2 || event.type === 3)
      open.push({ pointer: path, mapping: event.type === 3, index: 0, key: undefined });
  }
  return places;
}

function nearestPlace(places: ReadonlyMap<string, Place>, path: string): Place {
  for (let p = path; ; p = p.slice(0, p.lastIndexOf("/"))) {
    const place = places.get(p);
    if (place !== undefined) return place;
    if (p === "") return { key: undefined, value: 0 };
  }
}
