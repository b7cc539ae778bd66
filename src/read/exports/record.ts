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

/** Names of what a record says, most telling first, lower case and without `@` and `_` before them. */
const textNames: readonly string[] = [
  "message",
  "textpayload",
  "line",
  "log",
  "logentry",
  "logmessage",
  "msg",
  "content",
  "body",
  "body.stringvalue",
  "event.original",
  "raw",
  "rawdata",
  "syslogmessage",
];
/** The most exact first. */
const timeNames: readonly string[] = [
  "tsns",
  "timestampns",
  "timestamp",
  "time",
  "date",
  "ts",
  "eventtime",
  "timeunixnano",
  "timegenerated",
  "messagetime",
  "eventtimestamp",
  "datetime",
];
/** Names of what tells processes apart. Levels and traces don't: one process writes lines of all. */
const streamNames =
  /(?:^|[._ ])(?:pod|container|instance|computer|host|stream|log_?(?:stream|source|entrysource)|log|file|service|namespace|job|source(?:host|name)?)(?:[._ ]?(?:name|id|path))?$/;

/** Azure and Kibana say behind a time's name in which zone it is. */
const plainName = (name: string) =>
  name
    .toLowerCase()
    .replace(/^[@_]{1,2}/, "")
    .replace(/ ?[[(](?:utc|gmt)[\])]$/, "");

/** How telling a name is for a record's text: the lower the better; -1: not at all. */
export function textRank(name: string): number {
  return rank(name, textNames);
}

/** How telling a name is for a record's time. */
export function timeRank(name: string): number {
  return rank(name, timeNames);
}

/** True for a date with its year, which is a record's time whatever its name. */
export function isDate(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length < 50 &&
    /^(?:\d{4}[-/]\d\d[-/]\d\d|\d{1,2}\/\d{1,2}\/\d{4}|[A-Z][a-z]{2} \d{1,2}, \d{4})[T, ]/.test(value) &&
    /\d:\d\d/.test(value)
  );
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
