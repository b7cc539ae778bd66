/** Tabs as rsyslog and hclog escape them. */
const escapedTabs = /^(?:#011|\\t)+/;

/** A page's blanks, whose other markup is gone. */
const pageBlanks = /^(?:&nbsp;)+/;

/** Undoes what transport does to single lines: carriage returns, space up to a terminal's edge, tabs that are escaped, blanks of a page. */
export function cleanLine(raw: string): string {
  const line = raw.trimEnd();
  const first = line.charCodeAt(0);
  if (first === ampersand)
    return line.replace(pageBlanks, (blanks) => " ".repeat(blanks.length / "&nbsp;".length));
  if (first !== hash && first !== backslash) return line;
  return line.replace(escapedTabs, (tabs) => tabs.replaceAll(/#011|\\t/g, "\t"));
}

const ampersand = 0x26;
const hash = 0x23;
const backslash = 0x5c;
