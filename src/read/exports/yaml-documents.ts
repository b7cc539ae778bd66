/** What stands before each of several documents. What is within a document's text is indented. */
export const yamlBorder: RegExp = /^---[ \t]*\r?\n/m;

const keyLine = /^[A-Za-z_@"'][\w.@/"'-]{0,99}:(?:[ \t]|\r?$)/;

/** True when the text begins with a document of YAML that has members, and a line of hyphens stands before or behind it. */
export function looksLikeYaml(head: string): boolean {
  if (!/^\ufeff?(?:---[ \t]*\r?\n|[A-Za-z_@"'])/.test(head)) return false;
  const [before, ...behind] = head.replace(/^\ufeff/, "").split(yamlBorder);
  const first = before === "" ? behind.shift() : before;
  if (first === undefined || (before !== "" && behind.length === 0)) return false;
  const lines = first.split("\n");
  // The last may be cut.
  if (behind.length === 0) lines.pop();
  const members = lines.filter((line) => /^[^\s#}\]-]/.test(line));
  return members.length > 1 && members.every((line) => keyLine.test(line));
}
