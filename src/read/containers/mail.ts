import type { ByteSource } from "../reader.ts";
import { bytesSource, headOf, noteProblem } from "../source.ts";

/** Mails are taken apart in memory; servers let no larger ones pass. */
const maxMail = 1 << 26;
const maxDepth = 8;

const headerLine = /^(?:From \S[^\r\n]*\r?\n)?[A-Za-z][A-Za-z0-9-]{1,60}:[ \t\r]/;
const encoded =
  /^content-(?:transfer-encoding:\s*(?:quoted-printable|base64)|type:\s*multipart\/|type:\s*message\/rfc822)/im;

/** True for a mail whose body is encoded, or has parts that may be: other text is read as it is. */
export async function isMail(source: ByteSource, head: Uint8Array): Promise<boolean> {
  if (!headerLine.test(latin1(head))) return false;
  const { headers } = parted(latin1(await headOf(source)).replace(/^From [^\n]*\n/, ""));
  // A line that is neither a header nor the rest of one: a log, whose lines begin with a word, too.
  return !/^(?![A-Za-z][A-Za-z0-9-]*:|[ \t])./m.test(headers) && encoded.test(headers);
}

/** The parts of a mail, or of the mails of a mailbox, decoded. */
export async function* mailParts(mail: ByteSource): AsyncGenerator<ByteSource> {
  const { text, cut } = await textOf(mail);
  const mails = text.startsWith("From ") ? text.split(/^From \S[^\n]*\n/m).slice(1) : [text];
  let count = 0;
  for (const part of mails.flatMap((one) => [...partsOf(one, 0)])) {
    count++;
    const isWhole = mails.length === 1 && part.depth === 0;
    const bytes = new Uint8Array(Buffer.from(part.content, "latin1"));
    const source = bytesSource(isWhole ? mail.name : `${mail.name}!${part.name ?? count}`, bytes);
    for (const message of part.problems) noteProblem(source, { message, lost: -1 });
    if (cut)
      noteProblem(source, { message: "the mail is larger than 64 MiB: the rest is not read", lost: -1 });
    for (const problem of mail.problems ?? []) noteProblem(source, problem);
    yield source;
  }
}

async function textOf(mail: ByteSource): Promise<{ readonly text: string; readonly cut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of mail.chunks()) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > maxMail) break;
  }
  return { text: Buffer.concat(chunks).toString("latin1", 0, maxMail), cut: length > maxMail };
}

interface MailPart {
  readonly name: string | undefined;
  readonly type: string;
  /** A character for each byte. */
  readonly content: string;
  /** Parts that it lies in. */
  readonly depth: number;
  readonly problems: readonly string[];
}

function* partsOf(text: string, depth: number): Generator<MailPart> {
  const { headers, body } = parted(text);
  const field = (name: string) => new RegExp(`^${name}:(.*)`, "im").exec(headers)?.[1]?.trim() ?? "";
  const type = field("content-type");
  const boundary = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type);
  if (/^multipart\//i.test(type) && boundary !== null && depth < maxDepth) {
    const { parts, isCut } = splitAt(boundary[1] ?? boundary[2]!, body);
    const found = parts.flatMap((part) => [...partsOf(part, depth + 1)]);
    // The same text once more.
    const isTwice = /^multipart\/alternative/i.test(type) && found.some((part) => isPlain(part));
    const kept = isTwice ? found.filter(({ type }) => !/^text\/html/i.test(type)) : found;
    if (isCut && kept.length > 0) kept.push(withProblem(kept.pop()!, cutMail));
    yield* kept;
  } else if (/^message\/rfc822/i.test(type) && depth < maxDepth) yield* partsOf(body, depth + 1);
  else {
    const name = /name\*?=(?:[\w-]*'\w*')?"?([^";]{1,255})/i.exec(
      `${field("content-disposition")};${type}`,
    )?.[1];
    const { content, problems } = decoded(body, field("content-transfer-encoding").toLowerCase());
    yield { name: name?.replace(/[^\x20-\x7e]/g, "?"), type, content, depth, problems };
  }
}

const cutMail = "the mail ends in the middle of its parts: the rest is missing";

function isPlain({ type }: MailPart): boolean {
  return type === "" || /^text\/plain/i.test(type);
}

function withProblem(part: MailPart, problem: string): MailPart {
  return { ...part, problems: [...part.problems, problem] };
}

/** Headers, each on one line, and what follows the blank line behind them. */
function parted(text: string): { readonly headers: string; readonly body: string } {
  const blank = /(?:^|\n)\r?\n/.exec(text);
  const end = blank?.index ?? text.length;
  return {
    headers: text.slice(0, end).replace(/\r?\n[ \t]+/g, " "),
    body: text.slice(end + (blank?.[0].length ?? 0)),
  };
}

/** The parts between lines with the boundary; what stands before the first and behind the last is for nobody. */
function splitAt(boundary: string, body: string): { readonly parts: string[]; readonly isCut: boolean } {
  const mark = `\n--${boundary}`;
  const text = `\n${body}`;
  const parts: string[] = [];
  let begin = -1;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    const behind = at + mark.length;
    const isLast = text.startsWith("--", behind);
    // A longer boundary of a part begins like this one's.
    if (!isLast && !/^[ \t]*\r?(?:\n|$)/.test(text.slice(behind, behind + 80))) continue;
    if (begin >= 0) parts.push(text.slice(begin, at + 1));
    begin = text.indexOf("\n", behind) + 1;
    if (isLast || begin === 0) return { parts, isCut: false };
  }
  if (begin >= 0) parts.push(text.slice(begin));
  return { parts, isCut: true };
}

function decoded(
  body: string,
  encoding: string,
): { readonly content: string; readonly problems: readonly string[] } {
  if (encoding === "quoted-printable") {
    const isCut = /=[0-9a-f]?$/i.test(body);
    return {
      content: body
        .replace(/=[ \t]{0,80}\r?\n/g, "")
        .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      problems: isCut ? [cutMail] : [],
    };
  }
  if (encoding !== "base64") return { content: body, problems: [] };
  const digits = body.replace(/\s+/g, "");
  const isDamaged = !/^[A-Za-z0-9+/]*={0,2}$/.test(digits);
  const problem = isDamaged ? "a part of the mail is damaged: it is no base64" : cutMail;
  return {
    content: Buffer.from(digits, "base64").toString("latin1"),
    problems: isDamaged || digits.length % 4 !== 0 ? [problem] : [],
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
