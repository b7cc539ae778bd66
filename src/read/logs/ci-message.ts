const teamCity = "##teamcity[";
/** `name='value'`, where a bar stands before what a value can't hold as it is; it may be cut. */
const attribute = /([\w.-]{1,100})='((?:[^|']|\|.)*)(?:(')|\|?$)/g;
const barred = /\|(?:0x([0-9a-fA-F]{4})|(.))/g;
const bars: Readonly<Record<string, string>> = { n: "\n", r: "\r", x: "\u0085", l: "\u2028", p: "\u2029" };

/** `::error file=a.go,line=1::text` of GitHub's workflows; percent signs stand before what a line can't hold. */
const command = /(::(?:error|warning|notice|debug)(?: [^\n]{0,500}?)?::)(?=[^\n]*%0A)(.*)$/;
const percent: Readonly<Record<string, string>> = { "%25": "%", "%0A": "\n", "%0D": "\r" };

/**
 * The messages by which programs talk to TeamCity and GitHub, which escape line ends in their own ways, as JSON would
 * have them: `out="…\n"`.
 */
export function plainMessage(line: string): string {
  const at = line.indexOf(teamCity);
  if (at >= 0) return line.slice(0, at) + line.slice(at).replace(attribute, jsonAttribute);
  if (!line.includes("%0A")) return line;
  return line.replace(
    command,
    (_, before: string, text: string) =>
      before + JSON.stringify(text.replace(/%(?:25|0A|0D)/g, (code) => percent[code]!)),
  );
}

function jsonAttribute(_: string, name: string, value: string, end: string | undefined): string {
  const text = JSON.stringify(unbarred(value));
  return `${name}=${end === undefined ? text.slice(0, -1) : text}`;
}

function unbarred(value: string): string {
  return value.replace(barred, (_, code: string | undefined, letter: string) =>
    code === undefined ? (bars[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
