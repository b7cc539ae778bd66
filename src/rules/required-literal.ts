/**
 * The longest text that stands in everything a regular expression of RE2 syntax matches; "" where none can be told.
 * Most names lack it, and are refused without the expression.
 */
export function requiredLiteral(source: string): string {
  // Flags, quoted text and codes of characters are not worth the trouble.
  if (/\(\?|\\[QExpP0-9]/.test(source)) return "";
  let longest = "";
  let run = "";
  const end = (): void => {
    if (run.length > longest.length) longest = run;
    run = "";
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === "|") return "";
    if (c === "\\") {
      const escaped = source[++i] ?? "";
      if (/\w/.test(escaped)) end();
      else run += escaped;
    } else if (c === "(" || c === "[") {
      end();
      i = c === "(" ? groupEnd(source, i) : classEnd(source, i);
    } else if (c === "*" || c === "?" || c === "{") {
      run = [...run].slice(0, -1).join("");
      end();
      if (c === "{") i = Math.max(i, source.indexOf("}", i));
    } else if (/[.^$+]/.test(c)) end();
    else run += c;
  }
  end();
  return longest;
}

/** Index of the parenthesis that closes a group. */
function groupEnd(source: string, from: number): number {
  let depth = 0;
  for (let i = from; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "[") i = classEnd(source, i);
    else if (source[i] === "(") depth++;
    else if (source[i] === ")" && --depth === 0) return i;
  }
  return source.length;
}

/** Index of the bracket that closes a class; one that stands first is a member of it. */
function classEnd(source: string, from: number): number {
  let i = from + 1;
  if (source[i] === "^") i++;
  if (source[i] === "]") i++;
  for (; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source.startsWith("[:", i)) i = Math.max(i, source.indexOf(":]", i) + 1);
    else if (source[i] === "]") return i;
  }
  return source.length;
}
