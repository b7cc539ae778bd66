/** Tabs as rsyslog and hclog escape them. */
const escapedTabs = /^(?:#011|\\t)+/;

/** Undoes what transport does to single lines: carriage returns, space up to a terminal's edge, tabs that are escaped. */
export function cleanLine(raw: string): string {
  const line = raw.trimEnd();
  const first = line.charCodeAt(0);
  if (first !== hash && first !== backslash) return line;
  return line.replace(escapedTabs, (tabs) => tabs.replaceAll(/#011|\\t/g, "\t"));
}

const hash = 0x23;
const backslash = 0x5c;
