/** A prefix that all lines of a log have, though not all the same. */
export interface PrefixPattern {
  /** The line without its prefix; `undefined` when it has none. */
  strip(line: string): string | undefined;
}

export const timestamp: RegExp = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/;
const monthOrDay = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/;
const parts = new RegExp(
  `( *${timestamp.source})|(${monthOrDay.source})|( *\\d+)|(stdout|stderr)|@([0-9a-f]{24})(?= |$)`,
  "g",
);
/** Longer ones are no prefixes but text. */
const maxPrefix = 500;
/** Where something is logged: so `go test` begins the first line of a test's text, and all others with four spaces more. */
const place = "[^\\s:]{1,200}\\.go:\\d{1,9}: ";
/** What the test says before the text stands on the first line only. */
const endsInPlace = new RegExp(`${place}(.{0,100})$`);
const further = "    ";
/** What testify puts before the first line of a stack, behind what it puts before all. */
const stackLabel = "\tPanic stack:\t";

/**
 * The pattern of all lines whose prefix is like `example`: times, numbers, months and streams may differ.
 * The expression has no choice at any place, so it takes linear time.
 */
export function prefixPattern(example: string): PrefixPattern {
  if (example.length > maxPrefix) return { strip: () => undefined };
  const labelled = example.endsWith(stackLabel);
  const prefix = labelled ? example.slice(0, -stackLabel.length) : example;
  const placed = endsInPlace.exec(prefix);
  const ofLines = placed === null ? prefix : prefix.slice(0, placed.index) + further;
  const body = ofLines.trimEnd();
  const gap = ofLines.slice(body.length);
  let source = "";
  let last = -1;
  for (const match of body.matchAll(parts)) {
    source += escaped(body.slice(Math.max(last, 0), match.index)) + generalised(match, match.index > last);
    last = match.index + match[0].length;
  }
  source += escaped(body.slice(Math.max(last, 0)));
  const pattern = new RegExp(`^${source}`);
  const first = gap.endsWith(further)
    ? new RegExp(`^${source}${gap.slice(further.length)}${place}(?:${escaped(placed?.[1] ?? "")})?`)
    : undefined;
  return {
    strip(line) {
      const found = pattern.exec(line)?.[0].length;
      if (found === undefined) return undefined;
      if (line.startsWith(gap, found)) {
        const label = labelled && line.startsWith(stackLabel, found + gap.length);
        return line.slice(found + gap.length + (label ? stackLabel.length : 0));
      }
      // Collectors cut the space off the end of blank lines.
      if (found === line.trimEnd().length) return "";
      const placed = first?.exec(line)?.[0].length;
      return placed === undefined ? undefined : line.slice(placed);
    },
  };
}

/** @param apart something constant stands before it: else spaces must, so that numbers have one way to be parted */
function generalised([, time, name, number, , stamp]: RegExpMatchArray, apart: boolean): string {
  if (time !== undefined) return `${" ".repeat(time.search(/\d/))}${timestamp.source}`;
  if (name !== undefined) return "[A-Z][a-z]{2}";
  if (stamp !== undefined) return "@[0-9a-f]{24}";
  if (number === undefined) return "(?:stdout|stderr)";
  return apart ? " *\\d+" : " +\\d+";
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

const cri =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) ([FP])(?::[^ ]{0,20})?(?: |$)/;

/** `2026-01-02T03:04:05.678901234Z stderr F text`, as the runtimes of Kubernetes write; `P`: the line goes on. */
export function criPrefix(line: string): { readonly text: string; readonly partial: boolean } | undefined {
  const match = cri.exec(line);
  return match === null ? undefined : { text: line.slice(match[0].length), partial: match[1] === "P" };
}
