import { type Label, Location, Mapping, Function as ProfileFunction, Sample, ValueType } from "pprof-format";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { ProtobufField } from "./protobuf-fields.ts";

interface StoredFunction {
  readonly name: number;
  readonly file: number;
  readonly startLine: number;
}

interface StoredLocation {
  readonly address: string;
  /** Pairs of function id and line, innermost first. */
  readonly lines: readonly number[];
}

/** A sample as it stands in the profile: ids and indexes only. */
export interface StoredSample {
  readonly locations: readonly number[];
  readonly values: readonly number[];
  readonly labels: readonly Label[];
}

/** A frame, and the distance of its line from its function's first; NaN where the profile does not say. */
export type ProfileFrame = FrameDraft & { readonly lineInFunction: number };

/** Fields kept of those that the format does not define (yet). */
const maxUnknown = 20;
/** Most memory that the tables may take, in bytes as estimated: a million samples, each with a label, take half of it. */
const maxKept = 3 * 2 ** 29;

/**
 * The tables of a profile, in whatever order they come.
 * https://github.com/google/pprof/blob/main/proto/profile.proto
 */
export class ProfileTables {
  readonly sampleTypes: ValueType[] = [];
  readonly samples: StoredSample[] = [];
  readonly mappings: Mapping[] = [];
  readonly comments: number[] = [];
  readonly unknown: [number, string][] = [];
  readonly strings: string[] = [];
  readonly #locations = new Map<number, StoredLocation>();
  readonly #functions = new Map<number, StoredFunction>();
  readonly #frames = new Map<number, readonly ProfileFrame[]>();
  periodType: ValueType | undefined;
  timeNanos = 0n;
  durationNanos = 0n;
  #dangling = false;
  #lastString = 0;
  #kept = 0;

  /** The profile has more than the tables may hold: what came after that is left out. */
  get full(): boolean {
    return this.#kept > maxKept;
  }

  /**
   * Whether a field begins another profile, as in files that were joined: what stands once, or before all names, comes
   * again behind the names. Some writers give fields in the order of their numbers, Go its names last.
   */
  isBegunAnewBy({ number }: ProtobufField): boolean {
    if (this.strings.length === 0) return false;
    return number === 1 ? this.sampleTypes.length > 0 : number === 11 && this.periodType !== undefined;
  }

  /** Takes a field of the profile. Throws when a nested message is none. */
  add(field: ProtobufField): void {
    this.#kept += costOf(field);
    if (!this.full) this.#add(field);
  }

  #add({ number, value, bytes }: ProtobufField): void {
    switch (number) {
      case 1:
        this.sampleTypes.push(this.#valueType(bytes));
        break;
      case 2:
        this.#sample(Sample.decode(bytes));
        break;
      case 3:
        this.#mapping(Mapping.decode(bytes));
        break;
      case 4:
        this.#location(Location.decode(bytes));
        break;
      case 5:
        this.#function(ProfileFunction.decode(bytes));
        break;
      case 6:
        this.strings.push(Buffer.from(bytes).toString("utf8"));
        break;
      case 9:
        this.timeNanos = value;
        break;
      case 10:
        this.durationNanos = value;
        break;
      case 11:
        this.periodType = this.#valueType(bytes);
        break;
      case 13:
        this.comments.push(Number(value));
        break;
      case 7:
      case 8:
      case 12:
      case 14:
      case 15:
        break;
      default:
        if (this.unknown.length < maxUnknown) {
          const text =
            bytes.length > 0 ? Buffer.from(bytes.subarray(0, 100)).toString("base64") : String(value);
          this.unknown.push([number, text]);
        }
    }
  }

  /** Something is named that is not there: the profile is cut, if only between two fields. Asked for at the end. */
  get dangling(): boolean {
    return this.#dangling || this.#lastString >= this.strings.length;
  }

  get functionCount(): number {
    return this.#functions.size;
  }

  string(index: number | bigint): string {
    return this.strings[Number(index)] ?? "";
  }

  /** Frames of a location, innermost first: several when functions are inlined there. */
  framesOf(locationId: number): readonly ProfileFrame[] {
    let frames = this.#frames.get(locationId);
    if (frames === undefined) {
      frames = this.#makeFrames(this.#locations.get(locationId));
      this.#frames.set(locationId, frames);
    }
    return frames;
  }

  #makeFrames(location: StoredLocation | undefined): ProfileFrame[] {
    if (location === undefined) this.#dangling = true;
    const address = location?.address ?? "unknown";
    const lines = location?.lines ?? [];
    if (lines.length === 0) return [{ function: address, file: "", line: 0, lineInFunction: Number.NaN }];
    const frames: ProfileFrame[] = [];
    for (let i = 0; i < lines.length; i += 2) {
      const called = this.#functions.get(lines[i]!);
      if (called === undefined) this.#dangling = true;
      const line = lines[i + 1]!;
      frames.push({
        function: this.string(called?.name ?? -1) || address,
        file: this.string(called?.file ?? -1),
        line,
        inlined: i + 2 < lines.length,
        lineInFunction: called === undefined || called.startLine === 0 ? Number.NaN : line - called.startLine,
      });
    }
    return frames;
  }

  #refer(...strings: readonly (number | bigint)[]): void {
    for (const index of strings) this.#lastString = Math.max(this.#lastString, Number(index));
  }

  #valueType(bytes: Uint8Array): ValueType {
    const type = ValueType.decode(bytes);
    this.#refer(type.type, type.unit);
    return type;
  }

  #mapping(mapping: Mapping): void {
    this.#refer(mapping.filename, mapping.buildId);
    this.mappings.push(mapping);
  }

  #sample(sample: Sample): void {
    for (const label of sample.label) this.#refer(label.key, label.str, label.numUnit);
    this.#kept += 8 * (sample.locationId.length + sample.value.length) + 250 * sample.label.length;
    this.samples.push({
      locations: sample.locationId.map(Number),
      values: sample.value.map(Number),
      labels: sample.label,
    });
  }

  #location(location: Location): void {
    this.#locations.set(Number(location.id), {
      address: `0x${location.address.toString(16)}`,
      lines: location.line.flatMap((l) => [Number(l.functionId), Number(l.line)]),
    });
  }

  #function(f: ProfileFunction): void {
    this.#refer(f.name, f.systemName, f.filename);
    this.#functions.set(Number(f.id), {
      name: Number(f.name),
      file: Number(f.filename),
      startLine: Number(f.startLine),
    });
  }
}

/** Bytes that a field may take when it is kept; what a sample holds is counted when it is decoded. */
function costOf({ number, bytes }: ProtobufField): number {
  if (number === 2) return 200;
  // Characters are kept as they are; two bytes of a nested field may become a number or part of an object.
  return 100 + (number === 6 ? 4 : 16) * bytes.length;
}
