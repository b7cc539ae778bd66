import { originOf } from "../model/origin.ts";
import { parseSymbol, shortFunction } from "../model/symbol.ts";
import { describeIds, describeWait, enumerateSome, plural } from "./describe.ts";
import type { ReportFrame, ReportStack } from "./report.ts";
import { columns, pad, shortenMiddle, shortenStart, wrapFacts } from "./text-layout.ts";
import type { TextPage } from "./text-page.ts";

/** A frame to show, or how many to fold. */
export type StackRow = { readonly frame: ReportFrame } | { readonly folded: readonly ReportFrame[] };

/** Frames of a stack that are shown before the rest is folded, however many are decisive. */
const mostShown = 12;
/** Frames of the program's own that are shown when few are decisive. */
const ownShown = 5;

/** What to show of a stack: the decisive frames, some of the program's own, and the entry function. */
export function foldFrames(frames: readonly ReportFrame[]): StackRow[] {
  const keep = new Set<number>();
  const keepSome = (wanted: (frame: ReportFrame) => boolean, atMost: number): void =>
    frames.forEach((frame, i) => {
      if (keep.size < atMost && wanted(frame)) keep.add(i);
    });
  keepSome((frame) => frame.decisive, mostShown);
  keepSome(isOwn, ownShown);
  if (keep.size === 0) keep.add(0);
  // Below the entry function there is only the runtime's own exit.
  keep.add(frames.findLastIndex((frame) => frame.function !== "runtime.goexit"));
  const rows: StackRow[] = [];
  let folded: ReportFrame[] = [];
  const flush = (): void => {
    const only = folded.length === 1 ? folded[0] : undefined;
    if (only && isOwn(only)) rows.push({ frame: only });
    else if (folded.length > 0) rows.push({ folded });
    folded = [];
  };
  frames.forEach((frame, i) => {
    if (!keep.has(i)) {
      folded.push(frame);
      return;
    }
    flush();
    rows.push({ frame });
  });
  return rows;
}

function isOwn(frame: ReportFrame): boolean {
  return originOf(parseSymbol(frame.function), frame.file) === "own";
}

/** `3 frames in net/http and runtime`. */
export function describeFold(folded: readonly ReportFrame[]): string {
  const packages = new Set(folded.map((frame) => packageName(parseSymbol(frame.function).package)));
  return `${plural(folded.length, "frame")} in ${enumerateSome([...packages], 3)}`;
}

/** Packages of the standard library in full, others without their directories. */
function packageName(path: string): string {
  if (path === "") return "the runtime";
  return path.includes(".") ? shortFunction(`${path}.`).slice(0, -1) : path;
}

/** What the dump does not show of a stack; "" when it shows all. */
export function describeElided(stack: ReportStack): string {
  if (stack.elided === 0) return "";
  return stack.elided < 0
    ? "some frames are not in the dump"
    : `${plural(stack.elided, "frame")} ${stack.elided === 1 ? "is" : "are"} not in the dump`;
}

interface Cell {
  readonly name: string;
  readonly location: string;
  readonly look: "lit" | "plain" | "dim";
  readonly frame?: ReportFrame;
}

/** A stack as lines without margin: what its goroutines do, then its frames in two aligned columns. */
export function stackLines(stack: ReportStack, page: TextPage, width: number, alone: boolean): string[] {
  const facts = [whoWaits(stack, alone)];
  if (stack.resource !== undefined) facts.push(`on ${stack.resource}`);
  if (stack.count > 1) facts.push(describeIds(stack.goroutines, stack.count, page.options.verbose ? 10 : 3));
  const lines = wrapFacts(
    facts.filter((fact) => fact !== ""),
    width,
  );
  const cells = stackCells(stack, page);
  const widest = Math.max(0, ...cells.map(({ location, name }) => (location === "" ? 0 : columns(name))));
  const places = Math.max(0, ...cells.map(({ location }) => columns(location)));
  const nameWidth =
    width === 0
      ? widest
      : Math.min(widest, Math.max(24, width - 4 - Math.min(places, Math.floor(width * 0.45))));
  for (const cell of cells) lines.push(...cellLines(cell, nameWidth, width, page));
  return lines;
}

/** `goroutine 20, parked in a select`; the number of goroutines where the role has several stacks. */
function whoWaits(stack: ReportStack, alone: boolean): string {
  const wait = describeWait(stack);
  if (stack.count === 1 && stack.goroutines.length > 0) return `goroutine ${stack.goroutines[0]}, ${wait}`;
  return alone ? wait : `${plural(stack.count, "goroutine")}, ${wait}`;
}

function stackCells(stack: ReportStack, page: TextPage): Cell[] {
  const { names, options } = page;
  const rows: StackRow[] = options.verbose
    ? stack.frames.map((frame) => ({ frame }))
    : stack.frames.length === 0
      ? []
      : foldFrames(stack.frames);
  const cells: Cell[] = rows.map((row) =>
    "folded" in row
      ? { name: `⋮ ${describeFold(row.folded)}`, location: "", look: "dim" }
      : {
          name: names.function(row.frame.function),
          location: names.location(row.frame),
          look: row.frame.decisive ? "lit" : "plain",
          frame: row.frame,
        },
  );
  const elided = describeElided(stack);
  if (elided !== "") cells.push({ name: `⋮ ${elided}`, location: "", look: "dim" });
  const { createdBy } = stack;
  if (createdBy) {
    const name = `created by ${names.function(createdBy.function)}`;
    cells.push({ name, location: names.location(createdBy), look: "dim", frame: createdBy });
  }
  return cells;
}

function cellLines(cell: Cell, nameWidth: number, width: number, page: TextPage): string[] {
  const { paint } = page;
  const mark = cell.look === "lit" ? "▸ " : "  ";
  const look = cell.look === "lit" ? paint.lit : cell.look === "dim" ? paint.dim : (text: string) => text;
  if (cell.location === "") {
    const name = width === 0 ? cell.name : shortenMiddle(cell.name, Math.max(24, width - 2));
    return [mark + look(name)];
  }
  const name = pad(shortenMiddle(cell.name, nameWidth), nameWidth);
  const room = width === 0 ? Number.POSITIVE_INFINITY : Math.max(16, width - nameWidth - 4);
  const location = shortenStart(cell.location, room);
  const line = `${look(mark + name)}  ${cell.look === "lit" ? location : paint.dim(location)}`;
  return [line, ...sourceLines(cell, width, page)];
}

/** The source under a frame: lines around it when verbose, else its own line with what stands on it. */
function sourceLines({ frame, look }: Cell, width: number, page: TextPage): string[] {
  // Only a creator that decides has source.
  if (!frame?.source || (look === "plain" && !page.options.verbose)) return [];
  const shown = page.options.verbose
    ? frame.source
    : frame.source.filter((s) => s.note || s.line === frame.line);
  const gutter = Math.max(0, ...shown.map(({ line }) => String(line).length));
  const indents = shown.filter(({ text }) => text.trim() !== "").map(({ text }) => text.search(/\S/));
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return shown.map(({ line, text, note }) => {
    const code = text.slice(common);
    const room = width === 0 ? Number.POSITIVE_INFINITY : Math.max(20, width - gutter - 7);
    const cut = columns(code) > room ? `${[...code].slice(0, room - 1).join("")}…` : code;
    const remark = note ? `  ${page.paint.warn(`← ${note}`)}` : "";
    return `    ${page.paint.dim(`${String(line).padStart(gutter)} │`)} ${cut}${remark}`;
  });
}
