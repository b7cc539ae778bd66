/** True for a recording of asciinema: a line that describes it, then a line for each output. */
export function looksLikeCast(head: string): boolean {
  return /^\{\s{0,10}"version"\s{0,10}:\s{0,10}[23]\b[^\n]{0,10000}\}\s{0,10}\n\s{0,10}\[/.test(head);
}

/** What the terminal showed, and whether a line of the recording can't be read. */
export function castText(recording: string): { readonly text: string; readonly damaged: boolean } {
  const shown: string[] = [];
  let damaged = false;
  for (const line of recording.split("\n").slice(1)) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const event = parsed(line);
    if (event === undefined) damaged = true;
    else if (event[1] === "o" && typeof event[2] === "string") shown.push(event[2]);
  }
  return { text: shown.join(""), damaged };
}

/** `[1.5, "o", "text"]` */
function parsed(line: string): readonly unknown[] | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return Array.isArray(event) ? event : undefined;
  } catch {
    return undefined;
  }
}
