import { type Markup, type MarkupValue, markup } from "./markup.ts";

/** Sentences of a rule, with `code` in backquotes; an empty line, or `- ` on a new one, begins a paragraph. */
export function prose(text: string): Markup {
  const paragraphs = text.split(/\n(?:\s*\n|(?=\s*- ))/).filter((part) => part.trim() !== "");
  return markup`${paragraphs.map((part) => markup`<p>${withCode(part.trim().replace(/\s*\n\s*/g, " "))}</p>`)}`;
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
