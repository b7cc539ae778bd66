import { InputError } from "../errors.ts";
import { type Budget, maxFilesHint } from "./containers/budget.ts";
import { dockerStreamSource, isDockerStream } from "./containers/docker-stream.ts";
import { isMail, mailParts } from "./containers/mail.ts";
import { isTarHeader } from "./containers/tar-header.ts";
import { textEncodingOf, utf8Source } from "./containers/text-encoding.ts";
import type { ByteSource } from "./reader.ts";
import { headOf } from "./source.ts";

/** Containers in containers: more than anybody makes, few enough for hostile ones. */
const maxDepth = 5;

/**
 * Undoes compression, archives, mails and text encodings, by content and not by name, whatever is packed in whatever.
 * Sources of an archive must be read one by one: each before the next is asked for.
 * The unpackers are loaded when there is something to unpack.
 */
export async function* unpack(source: ByteSource, budget: Budget, depth = 0): AsyncGenerator<ByteSource> {
  const head = await headOf(source, 512);
  const kind = containerOf(head) ?? ((await isMail(source, head)) ? "mail" : undefined);
  if (kind === undefined) {
    const encoding = textEncodingOf(head);
    yield encoding === undefined ? source : utf8Source(source, encoding);
    return;
  }
  if (kind === "docker") {
    yield dockerStreamSource(source);
    return;
  }
  if (depth === maxDepth) {
    throw new InputError(`${source.name}: packed more than ${maxDepth} times over`, {
      hint: "Unpack it first.",
    });
  }
  if (kind === "tar" || kind === "zip" || kind === "mail") {
    yield* unpackArchive(source, kind, budget, depth);
    return;
  }
  const { unpackedSource } = await import("./containers/unpacker.ts");
  const unpacker =
    kind === "gzip"
      ? (await import("./containers/gzip.ts")).gzipUnpacker
      : async () => (await import("./containers/zstd.ts")).zstdUnpacker(budget.maxZstdWindow);
  yield* unpack(unpackedSource(source, kind, unpacker, budget), budget, depth + 1);
}

type Container = "gzip" | "zstd" | "zip" | "tar" | "docker";

function containerOf(head: Uint8Array): Container | undefined {
  const magic = Buffer.from(head.subarray(0, 4)).toString("latin1");
  if (magic.startsWith("\x1f\x8b\x08")) return "gzip";
  // The second: a frame to be skipped, as pzstd and seekable archives begin.
  if (magic === "\x28\xb5\x2f\xfd" || (magic.endsWith("\x2a\x4d\x18") && (head[0]! & 0xf0) === 0x50))
    return "zstd";
  if (magic === "PK\x03\x04" || magic === "PK\x05\x06") return "zip";
  if (isTarHeader(head)) return "tar";
  return isDockerStream(head) ? "docker" : undefined;
}

async function entriesOf(
  source: ByteSource,
  kind: "tar" | "zip" | "mail",
  budget: Budget,
): Promise<AsyncIterable<ByteSource>> {
  if (kind === "tar") return (await import("./containers/tar.ts")).tarEntries(source, budget);
  if (kind === "zip") return (await import("./containers/zip.ts")).zipEntries(source, budget);
  return mailParts(source);
}

async function* unpackArchive(
  source: ByteSource,
  kind: "tar" | "zip" | "mail",
  budget: Budget,
  depth: number,
): AsyncGenerator<ByteSource> {
  const entries = await entriesOf(source, kind, budget);
  let count = 0;
  for await (const entry of entries) {
    // Resource forks of macOS, and what a directory would not show either.
    if (/(?:^|[/\\!])(?:\.[^/\\.][^/\\]*$|__MACOSX\/)/.test(entry.name.slice(source.name.length))) continue;
    if (count++ === budget.maxFiles) {
      throw new InputError(`${source.name}: the files after the first ${budget.maxFiles} are not read`, {
        hint: maxFilesHint,
      });
    }
    yield* unpack(entry, budget, depth + 1);
  }
}
