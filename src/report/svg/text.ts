export type FontStyle = "mono" | "normal" | "bold";

/** Width of a line in pixels, estimated for the wider of the usual fonts: which one it will be is not known here. */
export function textWidth(text: string, fontSize: number, style: FontStyle): number {
  let units = 0;
  for (const character of text) units += characterWidth(character, style === "mono");
  return units * fontSize * (style === "bold" ? 1.13 : 1);
}

function characterWidth(character: string, mono: boolean): number {
  const code = character.codePointAt(0)!;
  // East Asian scripts and emoji take two columns.
  if (code >= 0x1100 && (code >= 0x1f300 || (code >= 0x2e80 && code <= 0xffef) || code <= 0x115f)) return 1.1;
  if (mono) return 0.61;
  if ("ijlt.,:;|'()[] ".includes(character)) return 0.38;
  if (character === "m" || character === "w" || (code >= 65 && code <= 90)) return 0.78;
  return 0.62;
}

/**
 * Breaks a text into at most `maxLines` lines of at most `columns` characters, at spaces, or behind `/` and `.`.
 * What doesn't fit ends in `…`.
 */
export function wrap(text: string, columns: number, maxLines: number): string[] {
  const lines: string[] = [];
  let rest = text.slice(0, columns * (maxLines + 1));
  const cut = rest.length < text.length;
  while (rest.length > columns && lines.length < maxLines) {
    const at = breakBefore(rest, columns);
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  if (lines.length < maxLines && rest !== "") {
    lines.push(rest);
    rest = "";
  }
  if (rest !== "" || cut) {
    const last = lines[maxLines - 1] ?? "";
    lines[maxLines - 1] = `${last.slice(0, columns - 1)}…`;
  }
  return lines;
}

/** Where the first line ends: at the last space, else behind the last separator, else in the middle of a word. */
function breakBefore(text: string, columns: number): number {
  const space = text.lastIndexOf(" ", columns);
  if (space > columns / 3) return space;
  for (let at = columns; at > columns / 3; at--) {
    if (text[at] === "." || text[at] === "(") return at;
    if (text[at - 1] === "/" || text[at - 1] === "-") return at;
  }
  return columns;
}
