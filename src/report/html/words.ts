import { type Markup, type MarkupValue, markup } from "./markup.ts";

/** A sentence of a rule, with `code` in backquotes; line feeds begin paragraphs. */
export function prose(text: string): Markup {
  const paragraphs = text.split(/\n+/).filter((line) => line.trim() !== "");
  return markup`${paragraphs.map((line) => markup`<p>${withCode(line)}</p>`)}`;
}

/** `code` in backquotes becomes code; a lone backquote stays. */
export function withCode(text: string): Markup {
  const parts = text.split("`");
  const pieces = parts.map((part, index): MarkupValue => {
    if (index % 2 === 0) return part;
    return index === parts.length - 1 ? `\`${part}` : markup`<code>${part}</code>`;
  });
  return markup`${pieces}`;
}

/** A long name breaks after its dots and slashes, and nowhere else unless it must. */
export function breakable(name: string): Markup {
  const pieces = name.split(/(?<=[/.])/);
  return markup`${pieces.map((piece, index) => markup`${index > 0 ? markup`<wbr>` : ""}${piece}`)}`;
}
