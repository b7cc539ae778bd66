/** Text for a table cell: pipes escaped, on one line. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
}

/** A value as it is written in a rule file, in code marks. */
export function code(value: unknown): string {
  return `\`${inline(value)}\``;
}

/** YAML flow style, as short as it can be. */
export function inline(value: unknown): string {
  if (typeof value === "string") return needsQuotes(value) ? JSON.stringify(value) : value;
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, v]) => `${key}: ${inline(v)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return String(value);
}

function needsQuotes(text: string): boolean {
  return (
    text === "" ||
    /^(?:true|false|null|~|[-+.\d].*)$/i.test(text) ||
    /^[\s!&*?|>@`%{}[\],#'"-]|[:#]\s|[,[\]{}]|\s$|:$/.test(text)
  );
}

/** The rows as a table below its head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** What GitHub makes of a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
