import { stripVTControlCharacters } from "node:util";
import type { Dump } from "../model/dump.ts";
import { frameLine, headerLine, positionLine } from "./delve/text-lines.ts";
import { TranscriptReader } from "./delve/transcript.ts";
import { TranscriptDump } from "./delve/transcript-dump.ts";
import { dumpName } from "./dump-name.ts";
import { Indentation } from "./indentation.ts";
import { eachLine } from "./lines.ts";
import { OtherFormats } from "./other-formats.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";

/**
 * What people paste out of a Delve terminal: `goroutines` with any of its options, `stack`, `stack -full`, `bt`,
 * `goroutine N bt`, one after the other, with the prompts and commands between them or without.
 *
 *     (dlv) goroutines -t
 *     * Goroutine 6 - User: /src/main.go:41 main.chanSend (0x564759) (thread 4221) [chan send 2772268091302]
 *     	0  0x000000000043fbfd in runtime.gopark
 *     	    at /src/runtime/proc.go:364
 *     [66 goroutines]
 *
 * What all commands tell of a goroutine is joined, until the program goes on or another session begins; then a new dump
 * begins, as it does with a list in which a goroutine stands elsewhere than before.
 */
export const delveTextReader: Reader = {
  id: "delve-text",
  title: "Delve transcript (goroutines, stack)",
  sniff,
  read,
};

const indented = /^([ \t>]*?)(?:\(dlv\) |(?:\* ?| {2})Goroutine \d{1,15} - )/;

function sniff(head: Uint8Array): Sniffed {
  const latin1 = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  const indentation = new Indentation(indented);
  const lines = stripVTControlCharacters(latin1)
    .split("\n")
    .map((line) => indentation.off(line));
  let sure: Sniffed = 0;
  for (const [index, line] of lines.entries()) {
    const text = line.startsWith("(dlv) ") ? line.slice(6) : line;
    if (headerLine(text) !== undefined) return 3;
    if (frameLine(text) !== undefined && positionLine((lines[index + 1] ?? "").trimEnd()) !== undefined)
      sure = 2;
    else if (text !== line && sure === 0) sure = 1;
  }
  return sure;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const reader = new TranscriptReader();
  const indentation = new Indentation(indented);
  const others = new OtherFormats("delve-text", options.onOther);
  const cut = await eachLine(source, options, (line, number) => {
    reader.line(indentation.off(line));
    others.line(line, number);
  });
  return reader
    .finish(cut)
    .map((transcript, index) =>
      new TranscriptDump(dumpName(source.name, index), transcript, options.goVersion).build(),
    );
}
