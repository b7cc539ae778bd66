/** A line, or a message of several, that a log store has handed out. */
export interface LogRecord {
  readonly text: string;
  /** As it was written, not yet understood. */
  readonly time: unknown;
  /** What tells the process and stream that wrote it from others; "": nothing does. */
  readonly stream: string;
  /** 1-based line of the export on which it begins, where that is known. */
  readonly line?: number;
}

/** What a log store exported. */
export interface Exported {
  readonly records: readonly LogRecord[];
  /** What is wrong with the export itself. */
  readonly problem?: string;
}

/** Names of what a record says, most telling first, lower case and without `@`. */
const textNames: readonly string[] = [
  "message",
  "textpayload",
  "line",
  "log",
  "msg",
  "content",
  "body",
  "event.original",
];
const timeNames: readonly string[] = ["timestamp", "time", "date", "ts", "timestampns", "tsns", "eventtime"];
/** Names of what tells processes apart. Levels and traces don't: one process writes lines of all. */
const streamNames =
  /(?:^|[._])(?:pod|container|instance|host|stream|log_?stream|log|file|service|namespace|job)(?:[._]?(?:name|id|path))?$/;

const plainName = (name: string) => name.toLowerCase().replace(/^@/, "");

/** How telling a name is for a record's text: the lower the better; -1: not at all. */
export function textRank(name: string): number {
  return rank(name, textNames);
}

/** How telling a name is for a record's time. */
export function timeRank(name: string): number {
  return rank(name, timeNames);
}

export function namesStream(name: string): boolean {
  const plain = plainName(name);
  return plain !== "log" && streamNames.test(plain);
}

/** `jsonPayload.message` and `_source.message` are as telling as `message`. */
function rank(name: string, names: readonly string[]): number {
  const plain = plainName(name);
  const whole = names.indexOf(plain);
  return whole >= 0 ? whole : names.indexOf(plainName(plain.slice(plain.lastIndexOf(".") + 1)));
}
