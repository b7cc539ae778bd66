import type { WaitKind } from "../../model/wait-kind.ts";

/** What of a profile's entry tells in which operation of the runtime it is parked. */
export interface Parked {
  /** Program counters of the runtime's functions that the profile hides, innermost first: `gopark` is the first. */
  readonly hidden: readonly string[];
  /** The innermost function that is shown. */
  readonly caller: string;
}

/** Bytes of code from the start of a channel operation to where it parks: never less, never more. */
const parksAfter = { least: 0x60, most: 0x1000 };
/** `chanrecv1` and `chanrecv2` lie in so many bytes; all of `chansend` is longer. */
const receivesLieIn = 0x100;

/**
 * The kinds of wait of goroutines that are parked in a channel operation or a select, by the program counter of the
 * outermost function that is hidden. A text profile does not name the runtime's functions at the top of a stack but lists
 * their program counters: `gopark, selectgo` for a select, `gopark, chansend, chansend1` for a send, `gopark, chanrecv`
 * and `chanrecv1` or `chanrecv2` for a receive. What tells them apart is the order of code, which is that of
 * runtime/chan.go: what sends, then what receives. Where a profile has only one of both it can't be told, and is left out.
 */
export function operationsOf(parked: readonly Parked[]): ReadonlyMap<string, WaitKind> {
  const kinds = new Map<string, WaitKind>();
  const select = selectOf(parked);
  if (select !== undefined) kinds.set(select, "select");
  const ends = new Set(parked.filter(isChannelOperation).map(({ hidden }) => hidden[2]!));
  const last = Math.max(...[...ends].map(Number));
  if (ends.size > 1)
    for (const pc of ends) kinds.set(pc, last - Number(pc) < receivesLieIn ? "chan-receive" : "chan-send");
  return kinds;
}

/** Functions of the standard library that wait in a select. */
const selecting =
  /^(?:net\/http\.\(\*persistConn\)\.(?:writeLoop|roundTrip)|io\.\(\*pipe\)\.|database\/sql\.\(\*DB\)\.connectionOpener|context\..*propagateCancel|os\/signal\.NotifyContext)/;

/** The program counter in `selectgo`: it has callers that are known, or several; `select {}` has hardly more than one. */
function selectOf(parked: readonly Parked[]): string | undefined {
  const callers = new Map<string, Set<string>>();
  for (const { hidden, caller } of parked) {
    if (hidden.length !== 2) continue;
    const of = callers.get(hidden[1]!);
    if (of === undefined) callers.set(hidden[1]!, new Set([caller]));
    else of.add(caller);
  }
  const likely = [...callers].filter(([, of]) => of.size > 1 || [...of].some((name) => selecting.test(name)));
  return likely.sort(([a], [b]) => Number(b) - Number(a))[0]?.[0];
}

/** Two functions of one file, close to each other; the runtime's other ways to `gopark` are inlined or further away. */
function isChannelOperation({ hidden }: Parked): boolean {
  if (hidden.length !== 3) return false;
  const distance = Number(hidden[1]) - Number(hidden[2]);
  return distance >= parksAfter.least && distance <= parksAfter.most;
}
