const beginning =
  /^(?:\ufeff|\xef\xbb\xbf)?\s*(?:\{\s*(?:["}]|$)|\[\s*(?:\[\s*)*(?:\{\s*(?:["}]|$)|"|$|(?:-?\d[\d.eE+-]{0,50}|true|false|null)?\s*(?:,|$|\][ \t\r]*(?:[,\]\n]|$))))/;

/**
 * Whether text begins as JSON does that is a list or an object, which may be cut anywhere. A bracket alone does not tell:
 * logs begin with `[GIN-debug]`, `[2026-01-02 03:04:05]`, `[    0.123456]`.
 */
export function looksLikeJson(text: string): boolean {
  return beginning.test(text);
}
