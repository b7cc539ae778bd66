import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";
import { readStdin as read } from "./stdin.ts";

const fixture = (path: string) =>
  readFileSync(new URL(`../../fixtures/dumps/${path}`, import.meta.url), "utf8");
const dumps = {
  traceback: fixture("go-traceback/go1.24-debug2.txt"),
  profile: fixture("profiles/go1.24-debug1.txt"),
  session: fixture("gdb/go1.24-all.txt"),
};

const base64 = (text: string | Buffer) =>
  Buffer.from(text)
    .toString("base64")
    .replaceAll(/.{1,76}/g, "$&\n");

/** As mail programs write it: no line of more than 76 characters. */
const quotedPrintable = (text: string) =>
  text
    .split("\n")
    .map((line) =>
      line
        .replaceAll(/[^\t -<>-~]|[\t ]$/g, (c) =>
          [...Buffer.from(c)].map((b) => `=${b.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
        )
        .replaceAll(/(?:=..|[^=]){73}(?=.)/g, "$&=\n"),
    )
    .join("\n");

const head = "From: a@example.org\nTo: b@example.org\nSubject: it hangs\nMIME-Version: 1.0\n";
const part = (headers: string, content: string) => `--=_b1\nContent-Type: ${headers}\n\n${content}\n`;
const mixed = (...parts: readonly string[]) =>
  `${head}Content-Type: multipart/mixed;\n boundary="=_b1"\n\nMIME\n${parts.join("")}--=_b1--\n`;
const hello = part("text/plain", "See below.\n");
const named = 'text/plain; name="dump.txt"\nContent-Disposition: attachment; filename="dump.txt"';

const mails: Readonly<Record<string, (text: string) => string>> = {
  "a quoted-printable body": (text) =>
    `${head}Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nHello,\n\n${quotedPrintable(text)}`,
  "a body in base64": (text) => `${head}Content-Transfer-Encoding: base64\n\n${base64(text)}`,
  "an attachment in base64": (text) =>
    mixed(hello, part(`${named}\nContent-Transfer-Encoding: base64`, base64(text))),
  "a quoted-printable attachment": (text) =>
    mixed(hello, part(`${named}\nContent-Transfer-Encoding: quoted-printable`, quotedPrintable(text))),
  "an attachment as it is": (text) => mixed(hello, part(named, text)),
  "a gzipped attachment": (text) =>
    mixed(hello, part("application/gzip\nContent-Transfer-Encoding: base64", base64(gzipSync(text)))),
  "text that is there as HTML, too": (text) =>
    mixed(
      part(
        "multipart/alternative; boundary=b2",
        `--b2\n\n${text}\n--b2\nContent-Type: text/html\n\n<pre>${text.replaceAll("<", "&lt;")}</pre>\n--b2--`,
      ),
    ),
  "a mail that is forwarded": (text) =>
    mixed(hello, part("message/rfc822", `${head}Content-Transfer-Encoding: base64\n\n${base64(text)}`)),
};

/** Without names, and the numbers of lines. */
const told = async (text: string) =>
  (await read(text)).map((d) =>
    dumpText({ ...d, name: "" }).replaceAll(/"line":\d+,|,"line":\d+| line \d+/g, ""),
  );

describe.each(Object.entries(dumps))("a %s in a mail: the same dump", (_, text) => {
  test.each(Object.entries(mails))("%s", async (_, mail) => {
    expect(await told(mail(text))).toEqual(await told(text));
    expect(await told(mail(text).replaceAll("\n", "\r\n"))).toEqual(await told(text));
  });
});

test("each mail of a mailbox has its own", async () => {
  const one = `From a@example.org Fri Jan  2 03:04:05 2026\n${mails["a body in base64"]!(dumps.traceback)}\n`;
  expect((await read(one + one)).map((d) => [d.format, d.complete])).toEqual([
    ["go-traceback", true],
    ["go-traceback", true],
  ]);
});

test.each(Object.entries(mails).filter(([name]) => !name.includes("HTML")))(
  "%s that is cut is told",
  async (_, mail) => {
    const whole = mail(dumps.traceback);
    for (const share of [0.5, 0.7, 0.9]) {
      const found = await read(whole.slice(0, Math.floor(whole.length * share)));
      expect(found.some((dump) => !dump.complete)).toBe(true);
    }
  },
);

test("base64 with something else in it is told", async () => {
  const mail = mails["a body in base64"]!(dumps.traceback);
  const at = mail.length >> 1;
  const [dump] = await read(`${mail.slice(0, at)}*${mail.slice(at)}`);
  expect(dump!.complete).toBe(false);
});

test("the file of an attachment names its dump", async () => {
  async function* stdin() {
    yield Buffer.from(mails["an attachment in base64"]!(dumps.traceback));
  }
  const { dumps: found, skipped } = await readDumps(["-"], { threads: 1, stdin: stdin() });
  expect([found.map((d) => d.name), skipped.map((s) => s.name)]).toEqual([["stdin!dump.txt"], ["stdin!1"]]);
});

test("a log whose lines begin with a word and a colon is no mail", async () => {
  const log = `Note: up\nContent-Type: multipart/mixed; boundary=x\nsays who\n\n${dumps.traceback}`;
  expect((await read(log)).map((d) => [d.name, d.complete])).toEqual([["stdin", true]]);
});
