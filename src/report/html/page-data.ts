import { visible } from "../escape.ts";
import type { Report, ReportDump, ReportFrame, ReportStack } from "../report.ts";
import { describeLabels } from "./labels.ts";
import { clip } from "./markup.ts";
import { entryIndex, siteOf } from "./stack-key.ts";
import { waitGroupOf } from "./wait-group.ts";

/** A stack as the page's script gets it; frames, innermost first, are indexes into `PageData.frames`. */
export interface PageStack {
  readonly count: number;
  /** Index into the wait groups. */
  readonly group: number;
  readonly wait: string;
  /** Minutes, `[least, most]`. */
  readonly waited?: readonly [number, number];
  readonly frames: readonly number[];
  /** Missing frames; -1 for an unknown number. */
  readonly elided?: number;
  /** Index into the stack's own frames; what lies further out, the compiler and the runtime put there. */
  readonly entry: number;
  /** Indexes into `PageData.frames`; -1 for unknown. */
  readonly site: number;
  readonly creator: number;
  /** Label sets and their goroutines, the commonest first; goroutines left over have rarer ones, or none. */
  readonly labels?: readonly (readonly [string, number])[];
  readonly ids?: readonly number[];
}

export interface PageDump {
  readonly name: string;
  readonly stacks: readonly PageStack[];
  /** Goroutines whose stacks the report doesn't list. */
  readonly unlisted: number;
}

/** What the page's script works on: each text once, each frame once. */
export interface PageData {
  readonly texts: readonly string[];
  /** `[function, file, line]`; function and file are indexes into `texts`. */
  readonly frames: readonly (readonly [number, number, number])[];
  readonly dumps: readonly PageDump[];
}

/** The goroutines of a report for the page's script. Names are made visible and clipped here, once. */
export function pageData(report: Report): PageData {
  const tables = new Tables();
  return {
    dumps: report.dumps.map((dump) => pageDump(dump, tables)),
    texts: tables.texts,
    frames: tables.frames,
  };
}

class Tables {
  readonly texts: string[] = [];
  readonly frames: (readonly [number, number, number])[] = [];
  readonly #textIds = new Map<string, number>();
  readonly #frameIds = new Map<string, number>();

  frame(frame: ReportFrame | undefined): number {
    if (frame === undefined) return -1;
    const fn = this.#text(frame.function);
    const file = this.#text(frame.file);
    return intern(
      this.#frameIds,
      `${fn} ${file} ${frame.line}`,
      () => this.frames.push([fn, file, frame.line]) - 1,
    );
  }

  #text(text: string): number {
    return intern(this.#textIds, text, () => this.texts.push(clip(visible(text))) - 1);
  }
}

function intern(ids: Map<string, number>, key: string, add: () => number): number {
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = add();
  ids.set(key, id);
  return id;
}

function pageDump(dump: ReportDump, tables: Tables): PageDump {
  return {
    name: clip(visible(dump.name)),
    stacks: dump.stacks.map((stack) => pageStack(stack, tables)),
    unlisted: dump.stacksOmitted.goroutines,
  };
}

function pageStack(stack: ReportStack, tables: Tables): PageStack {
  const { waitedMinutes: waited } = stack;
  const labels = labelSets(stack);
  return {
    count: stack.count,
    group: waitGroupOf(stack.waitKind),
    wait: clip(visible(stack.waitReason === "" ? stack.waitKind : stack.waitReason), 80),
    ...(waited === undefined ? {} : { waited: [waited.min, waited.max] as const }),
    frames: stack.frames.map((frame) => tables.frame(frame)),
    ...(stack.elided === 0 ? {} : { elided: stack.elided }),
    site: tables.frame(siteOf(stack)),
    entry: entryIndex(stack),
    creator: tables.frame(stack.createdBy),
    ...(labels.length === 0 ? {} : { labels }),
    ...(stack.goroutines.length === 0 ? {} : { ids: stack.goroutines }),
  };
}

/** The label sets of a stack, `tenant=acme path=/`, and how many goroutines have each. */
function labelSets(stack: ReportStack): (readonly [string, number])[] {
  return (stack.labels ?? []).map(({ labels, count: held }) => {
    const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    return [clip(visible(pairs.join(" "))), held] as const;
  });
}

/** `tenant=acme path=/ ×12, tenant=zeta ×3, others ×2`. */
export function labelText(stack: ReportStack): string {
  return clip(describeLabels(labelSets(stack), stack.count));
}

/** JSON that can stand in a script element of HTML: no `<`, so neither `</script>` nor `<!--`. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
