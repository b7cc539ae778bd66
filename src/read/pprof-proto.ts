import { InputError } from "../errors.ts";
import type { Dump } from "../model/dump.ts";
import { DumpBuilder } from "../model/dump-builder.ts";
import { goroutineFlags } from "../model/goroutines.ts";
import { type WaitKind, waitKindOf, waitKindOfFrames } from "../model/wait-kind.ts";
import { plural } from "../words.ts";
import { dumpName } from "./dump-name.ts";
import { noSymbols } from "./pprof/profile-assembler.ts";
import type { ProfileFrame, ProfileTables, StoredSample } from "./pprof/profile-tables.ts";
import { ProtobufFields } from "./pprof/protobuf-fields.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";

/**
 * net/http/pprof's goroutine and goroutineleak profiles as protobuf (debug=0), without their gzip.
 * They keep the frames of the runtime, which give away what a goroutine waits for.
 */
export const pprofProtoReader: Reader = {
  id: "pprof-proto",
  title: "pprof goroutine profile as protobuf (debug=0)",
  sniff,
  read,
};

/** A profile begins with the type of its samples or its period: two small numbers. */
function sniff(head: Uint8Array): Sniffed {
  if (head[0] !== 0x0a && head[0] !== 0x5a) return 0;
  let seen = 0;
  let typed = true;
  const fields = new ProtobufFields(({ number, bytes }) => {
    if (seen++ === 0) typed = (number === 1 || number === 11) && isValueType(bytes);
  });
  fields.push(head);
  return !fields.broken && typed && seen > 2 ? 3 : 0;
}

function isValueType(bytes: Uint8Array): boolean {
  let plausible = bytes.length > 0;
  const fields = new ProtobufFields(({ number, bytes: nested }) => {
    if (number > 2 || nested.length > 0) plausible = false;
  });
  fields.push(bytes);
  return plausible && fields.whole;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  // Loaded here: the decoder is of no use to the other formats.
  const { ProfileTables } = await import("./pprof/profile-tables.ts");
  const dumps: Dump[] = [];
  let tables = new ProfileTables();
  let damaged = 0;
  const finish = (whole: boolean): void => {
    const name = dumpName(source.name, dumps.length);
    dumps.push(dumpOf(name, tables, options, { damaged, whole, offset: fields.offset }));
  };
  const fields = new ProtobufFields((field) => {
    // To protobuf two messages in a row are one: numbers of the second would be looked up in the strings of the first.
    if (tables.isBegunAnewBy(field)) {
      finish(true);
      tables = new ProfileTables();
      damaged = 0;
    }
    try {
      tables.add(field);
    } catch {
      damaged++;
    }
  });
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    bytes += chunk.length;
    options.onProgress?.(bytes);
    fields.push(chunk);
  }
  finish(fields.whole && fields.skippedFields === 0);
  return dumps;
}

/** The state of a profile's bytes: fields that can't be decoded, and whether it ends where it should. */
interface BytesRead {
  readonly damaged: number;
  readonly whole: boolean;
  readonly offset: number;
}

function dumpOf(
  name: string,
  tables: ProfileTables,
  options: ReadOptions,
  { damaged, whole, offset }: BytesRead,
): Dump {
  const builder = new DumpBuilder(name, "pprof-proto", ["stacks"]);
  builder.goVersion = options.goVersion;
  const samples = goroutineSamples(name, tables);
  keepFacts(builder, tables, samples);
  pushSamples(builder, tables, samples);
  if (tables.full) {
    builder.cut({ message: "the profile has more samples, locations and names than are read", lost: -1 });
  }
  if (tables.strings.length > 0 && tables.functionCount === 0) builder.problem(noSymbols);
  if (damaged > 0) {
    builder.problem({ message: `${damaged} parts of the profile are damaged`, lost: -1 });
  }
  if (!whole || tables.dangling) {
    const names = tables.strings.length === 0 ? "; the names of all functions are missing" : "";
    builder.cut({ offset, message: `the profile is cut or damaged here${names}`, lost: -1 });
  }
  return builder.build();
}

/** Which of a sample's values counts goroutines, and whether they are proved to leak. */
interface SampleMeaning {
  /** -1: each sample is one goroutine. */
  readonly countAt: number;
  readonly leaked: boolean;
}

/** Throws `InputError` when the profile is of something else. */
function goroutineSamples(name: string, tables: ProfileTables): SampleMeaning {
  const types = tables.sampleTypes.map((type) => tables.string(type.type));
  const period = tables.periodType === undefined ? "" : tables.string(tables.periodType.type);
  const countAt = types.findIndex((type) => /^goroutine(?:s|leak)?$/.test(type));
  if (countAt >= 0) return { countAt, leaked: types[countAt] === "goroutineleak" };
  if (/^goroutine(?:s|leak)?$/.test(period)) return { countAt: 0, leaked: period === "goroutineleak" };
  // Some agents write a sample a goroutine, with its wait as the value.
  if (tables.samples[0]?.labels.some((l) => tables.string(l.key) === "goid"))
    return { countAt: -1, leaked: false };
  // A cut profile has lost its strings, which say what it is of.
  if (types.length <= 1 && types.every((type) => type === "")) return { countAt: 0, leaked: false };
  const of = types.filter((type) => type !== "").join(", ");
  throw new InputError(`${name}: a pprof profile, but not of goroutines${of === "" ? "" : ` (of ${of})`}`, {
    hint: "Fetch /debug/pprof/goroutine?debug=2 instead.",
  });
}

function keepFacts(builder: DumpBuilder, tables: ProfileTables, { leaked }: SampleMeaning): void {
  builder.keep("profile", leaked ? "goroutineleak" : "goroutine");
  if (tables.timeNanos > 0n && tables.timeNanos < 8_640_000_000_000_000_000n) {
    builder.keep("time", new Date(Number(tables.timeNanos / 1_000_000n)).toISOString());
  }
  if (tables.durationNanos > 0n) builder.keep("duration ns", String(tables.durationNanos));
  const main = tables.mappings[0];
  if (main !== undefined) {
    if (tables.string(main.filename) !== "") builder.keep("executable", tables.string(main.filename));
    if (tables.string(main.buildId) !== "") builder.keep("build id", tables.string(main.buildId));
  }
  if (tables.comments.length > 0)
    builder.keep("comments", tables.comments.map((c) => tables.string(c)).join("\n"));
  for (const [number, text] of tables.unknown) builder.keep(`profile field ${number}`, text);
}

/** Frames that the runtime records: 32 up to Go 1.22, 128 from 1.23. */
const depthLimits: readonly number[] = [32, 128];

/** Frames of one stack that are read: the runtime records 128 and what is inlined in them. */
const maxDepth = 10_000;
/** Frames of all stacks that are read, each stack as often as it is listed: locations of many lines repeat at no cost. */
const maxFrames = 2 ** 26;

function pushSamples(builder: DumpBuilder, tables: ProfileTables, meaning: SampleMeaning): void {
  let left = maxFrames;
  let deep = 0;
  for (const sample of tables.samples) {
    const { frames, more } = framesOf(tables, sample);
    left -= frames.length;
    if (left < 0) {
      const message = `the profile has more than ${maxFrames} frames; the stacks behind these are not read`;
      builder.cut({ message, lost: -1 });
      break;
    }
    if (more) deep++;
    pushSample(builder, tables, sample, frames, meaning);
  }
  if (deep === 0) return;
  const message = `${plural(deep, "stack")} of more than ${maxDepth} frames: what is further out is left out`;
  builder.problem({ message, lost: 0 });
}

/** Frames of a sample, innermost first. `more`: it has more than can be read. */
function framesOf(tables: ProfileTables, sample: StoredSample): { frames: ProfileFrame[]; more: boolean } {
  const frames: ProfileFrame[] = [];
  for (const id of sample.locations) {
    for (const frame of tables.framesOf(id)) {
      if (frames.length === maxDepth) return { frames, more: true };
      frames.push(frame);
    }
  }
  return { frames, more: false };
}

function pushSample(
  builder: DumpBuilder,
  tables: ProfileTables,
  sample: StoredSample,
  frames: readonly ProfileFrame[],
  { countAt, leaked }: SampleMeaning,
): void {
  const labels = sample.labels.map((l) => labelOf(tables, l));
  const value = (key: string) => (countAt < 0 ? labels.find(([k]) => k === key)?.[1] : undefined);
  const reason = value("state") ?? "";
  const weight = countAt < 0 ? 1 : (sample.values[countAt] ?? 0);
  if (!(weight > 0 && weight <= 0xffffffff)) {
    if (weight !== 0)
      builder.problem({ message: `a group of ${plural(weight, "goroutine")} is left out`, lost: -1 });
    return;
  }
  const cut =
    frames.length === maxDepth ||
    depthLimits.includes(frames.length) ||
    depthLimits.includes(sample.locations.length);
  const wait = waitOf(builder, frames, reason, leaked);
  if (wait !== "parked" && wait !== "unknown") builder.can("wait-reasons");
  const handle = builder.stack({
    reason,
    wait,
    frames,
    extent: cut ? "cut" : frames.length === 0 ? "none" : "full",
    elided: cut ? -1 : 0,
  });
  const id = Number(value("goid") ?? Number.NaN);
  if (!Number.isNaN(id)) builder.can("ids");
  const flags = leaked ? goroutineFlags.leaked : 0;
  const labelSet = builder.labels(labels);
  builder.headersSeen += weight;
  builder.goroutines.push(handle.index, id, weight, -1, flags, Number.NaN, Number.NaN, labelSet);
}

type SampleLabel = StoredSample["labels"][number];

function labelOf(tables: ProfileTables, label: SampleLabel): readonly [string, string] {
  const text = tables.string(label.str);
  const unit = tables.string(label.numUnit);
  return [
    tables.string(label.key),
    text !== "" || Number(label.num) === 0 ? text : `${label.num}${unit && ` ${unit}`}`,
  ];
}

/** The runtime parks on a nil channel in its first lines, on others after many more. */
const nilChannelLines = 25;

function waitOf(
  builder: DumpBuilder,
  frames: readonly ProfileFrame[],
  reason: string,
  leaked: boolean,
): WaitKind {
  const names = frames.slice(0, 12).map((f) => builder.symbol(f.function).plain);
  if (reason !== "") return waitKindOf(reason, names);
  const kind = waitKindOfFrames(names);
  if (kind === "chan-send" || kind === "chan-receive") {
    const at = names.findIndex((n) => n === "runtime.chansend" || n === "runtime.chanrecv");
    // On its way into the operation or out of it, and so in any of its lines: whoever waits is in gopark.
    if (at >= 0 && !names.slice(0, at).includes("runtime.gopark")) return "unknown";
    const operation = frames[at];
    return operation !== undefined && operation.lineInFunction <= nilChannelLines ? `${kind}-nil` : kind;
  }
  return kind ?? (leaked || names[0] === "runtime.gopark" ? "parked" : "unknown");
}
