/** Plain text in columns; widths are counted in code points, and colours come after the layout. */

/** Columns that a text takes. */
export function columns(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** Lines of at most `width` columns, broken at spaces; a word that is longer stays whole. 0: one line. */
export function wrap(text: string, width: number): string[] {
  if (width <= 0) return [text];
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.split(" ")) {
    const size = columns(word);
    if (line !== "" && used + 1 + size > width) {
      lines.push(line);
      line = word;
      used = size;
    } else {
      line = line === "" ? word : `${line} ${word}`;
      used += (used > 0 ? 1 : 0) + size;
    }
  }
  return [...lines, line];
}

/** Facts in a row, `a · b · c`, broken between facts where that does. */
export function wrapFacts(facts: readonly string[], width: number): string[] {
  if (width <= 0) return [facts.join(" · ")];
  const lines: string[] = [];
  let line = "";
  for (const fact of facts) {
    const longer = line === "" ? fact : `${line} · ${fact}`;
    if (line === "" || columns(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = fact;
    }
  }
  return [...lines, line].flatMap((each) => wrap(each, width));
}

/** Cuts the middle out: `payments.(*Worker…).run`; the end, which tells more, keeps more. */
export function shortenMiddle(text: string, width: number): string {
  const points = [...text];
  if (points.length <= width) return text;
  const head = Math.floor((width - 1) / 3);
  return `${points.slice(0, head).join("")}…${points.slice(points.length - (width - 1 - head)).join("")}`;
}

/** Cuts the beginning off: `…/server/metrics.go:95`. */
export function shortenStart(text: string, width: number): string {
  const points = [...text];
  return points.length <= width ? text : `…${points.slice(points.length - width + 1).join("")}`;
}

/** Fills up with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** A label in a left column, and beside it a text, or facts in a row. */
export function labelled(
  label: string,
  text: string | readonly string[],
  layout: { readonly indent: number; readonly label: number; readonly width: number },
  paint: { readonly label?: (text: string) => string; readonly text?: (text: string) => string } = {},
): string[] {
  const left = layout.indent + layout.label;
  const room = layout.width === 0 ? 0 : Math.max(20, layout.width - left);
  const lines = typeof text === "string" ? wrap(text, room) : wrapFacts(text, room);
  return lines.map((line, i) => {
    const first = " ".repeat(layout.indent) + (paint.label ?? same)(pad(label, layout.label));
    return (i === 0 ? first : " ".repeat(left)) + (paint.text ?? same)(line);
  });
}

function same(text: string): string {
  return text;
}
