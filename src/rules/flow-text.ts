/** A value as it is written in a rule file, in YAML's flow style on one line, quoted only where it must be. */
export function flowText(value: unknown): string {
  if (typeof value === "string") return needsQuotes(value) ? JSON.stringify(value) : value;
  if (Array.isArray(value)) return `[${value.map(flowText).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, v]) => `${flowText(key)}: ${flowText(v)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return String(value);
}

function needsQuotes(text: string): boolean {
  return (
    text === "" ||
    /^(?:true|false|null|~|[-+.\d].*)$/i.test(text) ||
    /^[\s!&*?|>@`%{}[\],#'"-]|[:#]\s|\s#|[,[\]{}\n]|\s$|:$/.test(text)
  );
}
