import {
  type CreatorLine,
  endsInFunction,
  type FunctionLine,
  type PositionLine,
  parseCreatedBy,
  parseFunctionLine,
  parsePositionLine,
} from "./frame-lines.ts";

/** Two lines of a goroutine on one, as where a log has lost a line's end or a part of a line: what is sure of them. */
export interface JoinedLines {
  /** Of the first line. */
  readonly call: FunctionLine | undefined;
  /** Of the function that waits for it: the one before, or the first line's. */
  readonly position: PositionLine | undefined;
}

/** A function's line that goes on behind its arguments. */
const callAndMore = /^[^\s()]+(?:\(\*[^\s()]*\)[^\s()]*)?\((?:0x[0-9a-f]{1,16}\??|[{}_, ]|\.\.\.)*\)(?=[^.])/;

/** How a place begins, perhaps cut; without its blank only where its offset follows. Not within quotes of another log. */
const placeAndMore = /^[\t ]{1,8}[^\s"]*[/\\:]|^[^\s"]+:\d{1,9} \+0x[0-9a-f]/;

/** Reads a function's line to which its place, the next function or the creator is joined. */
export function parseJoinedCall(line: string): JoinedLines | undefined {
  const first = callAndMore.exec(line)?.[0];
  const call = first === undefined ? undefined : parseFunctionLine(first);
  if (first === undefined || call === undefined) return undefined;
  const rest = line.slice(first.length);
  // People align the places.
  const position = parsePositionLine(rest.replace(/^[\t ]+/, "\t"));
  const known =
    position !== undefined || rest.startsWith("created by ") || parseFunctionLine(rest) !== undefined;
  return known ? { call, position } : undefined;
}

const star = 0x2a;

/** Whether a line that reads as one function's may be those of two: each has arguments. */
export function mayBeTwoCalls(line: string): boolean {
  let lists = 0;
  for (let at = line.indexOf("("); at >= 0; at = line.indexOf("(", at + 1))
    if (line.charCodeAt(at + 1) !== star && ++lists > 1) return true;
  return false;
}

/** Reads a place, perhaps cut, to which the next function or the creator is joined: where a place is due. */
export function parseJoinedPosition(line: string): JoinedLines | undefined {
  if (!placeAndMore.test(line)) return undefined;
  if (!line.includes("created by ") && !endsInFunction(line)) return undefined;
  // How far the offset goes is not sure: a name may begin with a digit's letter.
  const end = /:\d{1,9}/.exec(line);
  const position = end === null ? undefined : parsePositionLine(line.slice(0, end.index + end[0].length));
  return { call: undefined, position };
}

const bareFrame =
  /^([A-Za-z_](?:[^\s()]|\(\*[^\s()]*\))*)(?: {2,}|\t+)([^\s:]+\.(?:go|s):\d{1,9}(?: \+0x[0-9a-f]{1,16})?)$/;

/** Reads a function without arguments, and its place in a column behind it, as people write stacks down. */
export function parseBareFrame(line: string): JoinedLines | undefined {
  const [, name, place] = bareFrame.exec(line) ?? [];
  const position = place === undefined ? undefined : parsePositionLine(place);
  if (name?.includes(".") !== true || position === undefined) return undefined;
  return { call: { function: name, args: [], hidden: false, braces: false, marked: false }, position };
}

/** A creator with its place on the same line. */
export interface JoinedCreator {
  readonly created: CreatorLine;
  readonly position: PositionLine;
}

const creatorAndPlace =
  /^(created by \S+(?: in goroutine \d{1,16})?)[\t ]+(\S+:\d{1,9}(?: \+0x[0-9a-f]{1,16})?)$/;

export function parseJoinedCreator(line: string): JoinedCreator | undefined {
  const [, first, place] = creatorAndPlace.exec(line) ?? [];
  if (first === undefined || place === undefined) return undefined;
  const created = parseCreatedBy(first);
  const position = parsePositionLine(place);
  return created?.whole && position !== undefined ? { created, position } : undefined;
}
