import type { Capability, DumpEvent, FormatId, ReadProblem } from "../../model/dump.ts";
import type { StackExtent } from "../../model/stack.ts";
import type { WaitKind } from "../../model/wait-kind.ts";

/** Grows when an older reader can't read what is written. */
export const snapshotVersion = 1;

/** The condensed form of dumps, as JSON: schemas/snapshot.schema.json. */
export interface SnapshotFile {
  readonly deadlockLintSnapshot: typeof snapshotVersion;
  readonly dumps: readonly SnapshotDump[];
}

export interface SnapshotDump {
  /** What the dump was called where it was read. */
  readonly name: string;
  readonly format: FormatId;
  readonly goVersion?: string;
  readonly capabilities: readonly Capability[];
  readonly headersSeen: number;
  readonly repeated: number;
  readonly complete: boolean;
  readonly missingShare?: number;
  readonly problems: readonly ReadProblem[];
  readonly events: readonly DumpEvent[];
  readonly extra: readonly (readonly [string, string])[];
  readonly functions: readonly string[];
  readonly files: readonly string[];
  /** Function, file, line, and 1 when inlined. */
  readonly frames: readonly (readonly [number, number, number, (0 | 1)?])[];
  readonly stacks: readonly SnapshotStack[];
  /** Label sets; the first is empty. */
  readonly labels: readonly (readonly (readonly [string, string])[])[];
  readonly rows: number;
  /** A column each, as `ColumnWriter` writes them. */
  readonly columns: SnapshotColumns;
  /** Addresses beyond 2^53, in hexadecimal. */
  readonly largeAddresses: readonly string[];
  /** How many addresses below that `columns.addresses` has. */
  readonly addresses: number;
  /**
   * Argument values that stand for others: each was the only one of its kind in the dump, far from every lock, in a
   * stack of many goroutines, so that nothing could be concluded from it but that it differs.
   */
  readonly standIns: number;
}

export interface SnapshotStack {
  readonly reason: string;
  readonly wait: WaitKind;
  /** Neither the dump nor a frame says what for. */
  readonly waitInferred?: true;
  readonly extent: StackExtent;
  readonly gapAt?: number;
  readonly elided: number;
  /** Indexes into `frames`, innermost first. */
  readonly frames: readonly number[];
  readonly createdBy?: number;
  /** Frame and argument. */
  readonly slots: readonly (readonly [number, number])[];
}

export interface SnapshotColumns {
  /** 0: none; 1: the id follows; otherwise two more than the difference to the last id, doubled, less one where it falls. */
  readonly id: string;
  readonly stack: string;
  readonly weight: string;
  /** One more than the minutes; 0: none. */
  readonly minutes: string;
  readonly flags: string;
  /** Of the goroutine that started it, written as ids are. */
  readonly creator: string;
  readonly labels: string;
  /** Address codes: 0 a stand-in, 1 unknown, otherwise two more than the index of the address. */
  readonly resource: string;
  /** Address codes, stack by stack, slot by slot, row by row. */
  readonly arguments: string;
  /** Ascending: each as the difference to the one before. */
  readonly addresses: string;
}
