import type { FrameArguments } from "../../model/arguments.ts";
import type { StackHandle } from "../../model/dump-builder.ts";
import type { Header } from "./header.ts";
import type { RecordShape, TracebackRecord } from "./record.ts";
import type { SingleRecord } from "./record-learner.ts";

/** A shape in one dump: everything that its goroutines share there. */
export interface KnownShape {
  readonly header: Header;
  readonly handle: StackHandle;
  readonly labels: number;
  readonly flags: number;
}

/** A shape whose goroutines come as numbers, in any dump of the input. */
export class LearnedShape {
  readonly record: TracebackRecord;
  readonly lines: number;
  /** How many values a goroutine brings: the number of its labels, where it has some, and its arguments. */
  readonly valueCount: number;
  /** Its goroutines have labels, each its own. */
  readonly labelled: boolean;
  readonly dumper: boolean;
  readonly writer: boolean;
  /** Its goroutines bring nothing but numbers: nothing of the dump depends on when they come. */
  readonly plain: boolean;
  /** What it is in the dump `dump`, and at which value its slots and its resource are found there, -1 for none. */
  known: KnownShape | undefined;
  dump: object | undefined;
  stack = -1;
  flags = 0;
  /** Of all its goroutines, where not each has its own. */
  labels = 0;
  slots: Int32Array = new Int32Array(0);
  resource = -1;
  resourceOffset = 0;

  constructor({ record, lines }: SingleRecord) {
    const { shape } = record;
    const { header } = shape;
    this.labelled = header.labelText !== "";
    this.record = this.labelled
      ? { ...record, shape: { ...shape, header: { ...header, labels: [], labelText: "" } } }
      : record;
    this.lines = lines;
    this.valueCount = this.#firstArgument + countKnown(record.args, record.args.length);
    this.dumper = isDumper(shape);
    this.writer = isProfileWriter(shape);
    this.plain = !this.dumper && shape.extent !== "none" && header.extra.length === 0;
  }

  /** Which value is that of its first argument. */
  get #firstArgument(): number {
    return this.labelled ? 1 : 0;
  }

  /** Finds its place in a dump. */
  meet(dump: object, known: KnownShape): void {
    const { stack, resource } = known.handle;
    this.dump = dump;
    this.known = known;
    this.stack = known.handle.index;
    this.flags = known.flags;
    this.labels = known.labels;
    this.resourceOffset = resource?.offset ?? 0;
    this.slots = Int32Array.from(stack.slots, (slot) => this.#valueOf(slot.frame, slot.argument));
    this.resource = resource === undefined ? -1 : this.#valueOf(resource.frame, resource.argument);
  }

  /** The arguments of a goroutine, from its values. */
  arguments(values: Float64Array, from: number): FrameArguments[] {
    let at = from + this.#firstArgument;
    return this.record.args.map((args) => args.map((value) => (Number.isNaN(value) ? value : values[at++]!)));
  }

  /** Which value is that argument; -1 where it is not known. */
  #valueOf(frame: number, argument: number): number {
    const args = this.record.args[frame];
    if (args === undefined || Number.isNaN(args[argument] ?? Number.NaN)) return -1;
    return (
      this.#firstArgument + countKnown(this.record.args, frame) + countKnown([args.slice(0, argument)], 1)
    );
  }
}

/** How many arguments are known in the first `frames` frames. */
function countKnown(args: readonly FrameArguments[], frames: number): number {
  let count = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (const value of args[frame]!) if (!Number.isNaN(value)) count++;
  }
  return count;
}

/** The first goroutine of runtime.Stack, pprof and a panic is the one that executes; others have no stack while they do. */
export function isDumper(shape: RecordShape): boolean {
  return shape.header.reason === "running" && shape.frames.length > 0;
}

/** A dumper that writes a goroutine profile with debug=2. */
export function isProfileWriter(shape: RecordShape): boolean {
  return isDumper(shape) && shape.frames[0]?.function === "runtime/pprof.writeGoroutineStacks";
}
