import type { Facts } from "../match/facts.ts";
import type { ReportSourceLine } from "../report/report.ts";
import { describeOperation } from "../source/describe-operation.ts";
import { decisiveOwes, type StackFacts } from "../source/source-facts.ts";
import type { Strand } from "../source/strand.ts";

/** Source lines at and around a frame, with what stands on those that matter; `undefined` without matching source. */
export function sourceOf(
  facts: Facts,
  stackIndex: number,
  frame: number,
): readonly ReportSourceLine[] | undefined {
  const { source } = facts;
  if (source === undefined) return undefined;
  const stack = facts.dump.stacks[stackIndex]!;
  const file = source.pathOf(stack, frame);
  return file === undefined
    ? undefined
    : source.snippet(stack, frame, 1, notesOn(source.facts(stack), frame, file));
}

/** The line of the `go` statement and, for a stranded goroutine, of the channel's make and the way out. */
export function strandLines(facts: Facts, stackIndex: number): readonly ReportSourceLine[] | undefined {
  const { source } = facts;
  const stack = facts.dump.stacks[stackIndex]!;
  const strand = source?.facts(stack).strand;
  if (source === undefined || strand === undefined || !strand.strands) return undefined;
  if (source.pathOf(stack, -1) !== strand.file) return undefined;
  return source.snippet(stack, -1, 0, strandNotes(strand));
}

/** Operations behind a wait that are shown. */
const maxOwed = 2;

/** Words beside the lines of one frame's function. */
function notesOn(facts: StackFacts, frame: number, file: string): ReadonlyMap<number, string> {
  const notes = new Map<number, string>();
  const add = (line: number, note: string) => {
    const known = notes.get(line);
    notes.set(line, known === undefined ? note : `${known}; ${note}`);
  };
  const { site } = facts;
  if (site?.frame === frame && site.file === file) add(site.line, `${describeOperation(site)}: parked here`);
  for (const hold of facts.holds)
    if (hold.certain && hold.frame === frame && hold.file === file)
      add(hold.line, `${hold.mode === "rlock" ? "RLock" : "Lock"} of ${hold.text}: held from here on`);
  for (const receive of facts.receivesOwn) {
    if (receive.frame !== frame || receive.file !== file || receive.via !== "") continue;
    const again = receive.loopLine > 0 ? ", again and again" : "";
    if (receive.line !== site?.line) add(receive.line, `${describeOperation(receive)}${again}`);
  }
  for (const owed of decisiveOwes(facts).slice(0, maxOwed))
    if (owed.frame === frame && owed.file === file && owed.via === "")
      add(
        owed.line,
        `${describeOperation(owed)}: only ${owed.deferred ? "when it returns" : "behind the line that blocks"}`,
      );
  return notes;
}

function strandNotes(strand: Strand): ReadonlyMap<number, string> {
  const notes = new Map<number, string>();
  const size =
    strand.capacity === undefined
      ? ""
      : strand.capacity === 0
        ? ", unbuffered"
        : `, room for ${strand.capacity}`;
  notes.set(strand.madeLine, `the channel is made here${size}`);
  if (strand.earlyReturnLine > 0) notes.set(strand.earlyReturnLine, "leaves without its half");
  for (const line of strand.counterparts.slice(0, 3))
    if (!notes.has(line))
      notes.set(line, strand.inSelect ? "its half, which another case may forestall" : "its half");
  return notes;
}
