/** Tabs as rsyslog and hclog escape them. */
const escapedTabs = /^(?:#011|\\t)+/;

/** A page's blanks, whose other markup is gone. */
const pageBlanks = /^(?:&nbsp;)+/;

/**
 * Undoes what transport does to single lines: carriage returns, space up to a terminal's edge, tabs that are escaped, blanks
 * and links of a page.
 */
export function cleanLine(raw: string): string {
  const line = withoutLinks(raw.trimEnd());
  const first = line.charCodeAt(0);
  if (first === ampersand)
    return line.replace(pageBlanks, (blanks) => " ".repeat(blanks.length / "&nbsp;".length));
  if (first !== hash && first !== backslash) return line;
  return line.replace(escapedTabs, (tabs) => tabs.replaceAll(/#011|\\t/g, "\t"));
}

const ampersand = 0x26;
const hash = 0x23;
const backslash = 0x5c;

/** True for text of which links may have to be taken off. */
export function hasLinks(text: string): boolean {
  return text.includes("](http");
}

const linkedNumber = /\[(\d{1,9})\]\(https?:\/\/[^\s()]{1,500}\)/g;
/** The number of a page's line. */
const linkedLine = /^\[\d{1,9}\]\(https?:\/\/[^\s()]{1,500}\)(.*)$/;

/** Numbers without the links that pages of GitHub Actions, copied as Markdown, have made of them. */
export function withoutLinks(text: string): string {
  if (!hasLinks(text)) return text;
  const behind = linkedLine.exec(text)?.[1];
  // Alone on its line it is no line of the program.
  if (behind === "") return text;
  return replacedLinks(behind ?? text);
}

/** The same for a part of a line. What stands in quotes is a label. */
export function replacedLinks(text: string): string {
  if (!hasLinks(text)) return text;
  const quote = text.indexOf('"');
  const end = quote < 0 ? text.length : quote;
  return text.slice(0, end).replace(linkedNumber, "$1") + text.slice(end);
}
