import { type Address, unknownAddress } from "../../model/address.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { Location } from "./api.ts";

/** What equal stacks share: all but the values of their arguments. */
interface TracedStack {
  /** Innermost first, with every argument that is known in some goroutine: the compiler loses others in the next. */
  readonly frames: readonly FrameDraft[];
  readonly known: readonly (Address[] | undefined)[];
  /** Where the arguments of each frame begin among a trace's values, and behind the last one their end. */
  readonly starts: readonly number[];
}

/** The stack of one goroutine: a few numbers beside what it shares with others. */
export interface Trace {
  readonly stack: TracedStack;
  readonly values: readonly Address[];
}

/** The stacks that Delve told of single goroutines. */
export class Traces {
  readonly #stacks = new Map<string, TracedStack>();

  /** @param frames innermost first */
  of(frames: readonly Location[]): Trace {
    const key = frames.map((f) => `${f.function} ${f.file} ${f.line} ${f.args?.length ?? -1}`).join("\n");
    let stack = this.#stacks.get(key);
    if (stack === undefined) {
      stack = newStack(frames);
      this.#stacks.set(key, stack);
    }
    const values: Address[] = [];
    for (const [index, frame] of frames.entries()) {
      const known = stack.known[index];
      for (const [argument, value] of (frame.args ?? []).entries()) {
        values.push(value);
        if (known !== undefined && Number.isNaN(known[argument])) known[argument] = value;
      }
    }
    return { stack, values };
  }
}

function newStack(frames: readonly Location[]): TracedStack {
  const known = frames.map((f) => f.args?.map(() => unknownAddress));
  const starts = [0];
  for (const args of known) starts.push(starts.at(-1)! + (args?.length ?? 0));
  return {
    frames: frames.map(({ function: name, file, line }, index) => {
      const args = known[index];
      return { function: name, file, line, ...(args === undefined ? {} : { args }) };
    }),
    known,
    starts,
  };
}

/** The value of an argument in this goroutine; NaN when it is unknown. */
export function tracedArgument({ stack, values }: Trace, frame: number, argument: number): Address {
  const at = (stack.starts[frame] ?? 0) + argument;
  return at < (stack.starts[frame + 1] ?? 0) ? values[at]! : unknownAddress;
}

/** Some arguments were asked for and told. */
export function hasArguments({ stack }: Trace): boolean {
  return stack.known.some((args) => args !== undefined);
}
