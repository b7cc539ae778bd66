import type { ByteSource, ReadOptions } from "./reader.ts";

/** Longer lines are cut: no dump has them, hostile input may. */
const maxLine = 1 << 20;

/**
 * Calls `onLine` with each line of the source as text, without its `\n` or `\r\n`.
 * @returns whether the last line was left without its end
 */
export async function eachLine(
  source: ByteSource,
  options: ReadOptions,
  onLine: (line: string) => void,
): Promise<boolean> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    bytes += buffer.length;
    options.onProgress?.(bytes);
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      if (restLength > 0) {
        onLine(lineText(Buffer.concat([...rest, buffer.subarray(start, end)])));
        rest = [];
        restLength = 0;
      } else onLine(lineText(buffer.subarray(start, end)));
      start = end + 1;
    }
    const open = buffer.subarray(start, start + Math.max(0, maxLine - restLength));
    if (open.length > 0) {
      rest.push(Buffer.from(open));
      restLength += open.length;
    }
  }
  if (restLength > 0) onLine(lineText(Buffer.concat(rest)));
  return restLength > 0;
}

function lineText(line: Buffer): string {
  let end = Math.min(line.length, maxLine);
  if (end > 0 && line[end - 1] === 13) end--;
  return line.toString("utf8", 0, end);
}
