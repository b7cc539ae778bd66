// Tracebacks in fields of logs. A goroutine's header alone is quoted by messages and settings, too: a call follows it here.

const header =
  "goroutine \\d{1,15} (?:gp=[^[\\n]{1,100} )?\\[[^\\]\\n]{1,500}\\](?: \\{[^\\n}]{0,1000}\\})?:";
const call = '[^\\s()"\\\\]{1,1000}\\(';
/** Escaped once more for each text that it is part of. */
const lineEnd = "(?:\\\\{1,7}r)?\\\\{1,7}n";
const quote = '\\\\{0,7}"';

/** A line of a list of lines: JSON's, YAML's. */
const entry = ' *(?:- +)?"';

const inText = new RegExp(`${header}\\r?\\n *(?:- +)?${call}`);
const headerLast = new RegExp(`(?:^|\\n)${header}\\s*$`);
const callFirst = new RegExp(`^${call}`);
const escaped = new RegExp(`${header}(?:${lineEnd}|${quote} ?, ?${quote}|",?\\s*\\n${entry})${call}`);
const escapedHeaderLast = new RegExp(`${header}(?:${lineEnd})?${quote}`);
const escapedCallFirst = new RegExp(`"${call}`);
const listedHeader = new RegExp(`^${entry}${header}",?\\s*\\n${entry}${call}`);
const listedByTabs = new RegExp(`^\t+"${header}",?\\s*\\n\t+"${call}`);
/** A debugger shows variables without: `Stack: "…"`, `stack = "…"`. */
const isField = /"[^"\\\n]{1,100}"[ \t]*:|\w="/;
/** Those of Delve's API, and of the Debug Adapter Protocol. */
const isVariable = /"(?:realType|variablesReference)"[ \t]*:/;

/** True for a text, of whatever lines, that holds a traceback, or JSON that does. */
export function holdsTraceback(text: string): boolean {
  return text.includes("goroutine ") && (inText.test(text) || escaped.test(text));
}

/** True for a text that ends in a goroutine's header. */
export function endsInHeader(text: string): boolean {
  return text.includes("goroutine ") && headerLast.test(text);
}

/** True for a text that begins like the line behind a goroutine's header. */
export function beginsWithCall(text: string): boolean {
  return callFirst.test(text);
}

/** True for lines of a log, of which the second one has a traceback in a field. */
export function hasTracebackInField(both: string): boolean {
  const line = both.slice(both.indexOf("\n") + 1);
  return escaped.test(line) && isField.test(line) && !isVariable.test(line);
}

/** True for two lines of a log in whose fields a traceback begins, line by line. */
export function haveTracebackInFields(both: string): boolean {
  if (!escapedHeaderLast.test(both)) return false;
  const [first = "", second = ""] = both.split("\n");
  const isHeader = escapedHeaderLast.test(first) && isField.test(first);
  return isHeader && escapedCallFirst.test(second) && isField.test(second);
}

/** True for two lines of a list of lines, each a text of its own, in which a traceback begins. */
export function haveTracebackInList(both: string): boolean {
  return listedHeader.test(both);
}

/** The same where tabs are before them, as Delve shows a variable, too. */
export function haveTracebackInTabbedList(both: string): boolean {
  return listedByTabs.test(both);
}
