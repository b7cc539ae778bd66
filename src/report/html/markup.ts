import { count } from "../describe.ts";
import { visible } from "../escape.ts";

/** Text that is HTML (or SVG) already. Everything else is escaped when it is put into one. */
export interface Markup {
  readonly kind: "markup";
  readonly text: string;
}

export type MarkupValue = string | number | Markup | undefined | false | readonly MarkupValue[];

/**
 * Builds markup: ``markup`<b>${name}</b>` ``. Values are escaped for text and for quoted attributes;
 * lists are joined; `undefined` and `false` are left out.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = strings[0]!;
  for (const [index, value] of values.entries()) text += render(value) + strings[index + 1]!;
  return { kind: "markup", text };
}

/** Markup of a text that is known to be safe: our own constants and what a reporter of ours made. */
export function rawMarkup(text: string): Markup {
  return { kind: "markup", text };
}

function render(value: MarkupValue): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string") return escapeMarkup(visible(value));
  if (typeof value === "number") return String(value);
  if (isList(value)) return value.map(render).join("");
  return value.text;
}

function isList(value: Markup | readonly MarkupValue[]): value is readonly MarkupValue[] {
  return Array.isArray(value);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => entities[c]!);
}

/** The beginning of a text that is too long to be shown, and how much was cut. */
export function clip(text: string, max = 300): string {
  if (text.length <= max) return text;
  // Not between the halves of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text[max - 1]!) ? max - 1 : max;
  return `${text.slice(0, end)}… (${count(text.length - end)} more characters)`;
}
