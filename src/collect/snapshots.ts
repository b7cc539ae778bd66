import { rm } from "node:fs/promises";
import { InputError } from "../errors.ts";
import { ConnectionError, type ConnectionFailure } from "./connection-error.ts";
import { collectDelve, type DelveOptions, type DelveResult } from "./delve.ts";
import { type DlvOptions, type DlvTarget, startDlv } from "./dlv-process.ts";
import { DumpFile, temporaryDirectory } from "./dump-file.ts";
import { dumpFileName } from "./dump-file-name.ts";
import type { HttpTiming } from "./http-get.ts";
import { collectPprof, type DumpKind, type PprofOptions, pause } from "./pprof.ts";
import { type Endpoint, endpointName, type PprofTarget } from "./target.ts";

/** Where dumps come from. */
export type CollectTarget =
  | { readonly kind: "pprof"; readonly target: PprofTarget }
  | { readonly kind: "delve"; readonly endpoint: Endpoint }
  | { readonly kind: "dlv"; readonly target: DlvTarget };

export interface CollectOptions {
  readonly targets: readonly CollectTarget[];
  /** Where files stay. Without it they lie in a temporary directory until the next snapshot is asked for. */
  readonly directory?: string;
  readonly snapshots: number;
  /** From the start of one snapshot to the start of the next, milliseconds. */
  readonly everyMs: number;
  readonly pprof: Omit<PprofOptions, "signal">;
  readonly delve: Omit<DelveOptions, "signal" | "attachedAt">;
  readonly dlv: Omit<DlvOptions, "signal">;
  /** Looks at a snapshot; true ends the collecting. */
  readonly untilFinding?: (snapshot: Snapshot) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** One dump that was taken whole. */
export interface CollectedDump {
  readonly path: string;
  /** File name without directory: what reports call the dump. */
  readonly name: string;
  readonly instance: string;
  readonly kind: DumpKind;
  readonly takenAt: Date;
  readonly bytes: number;
}

/** What one instance gave, or why it gave nothing. */
export interface InstanceResult {
  readonly instance: string;
  readonly takenAt: Date;
  readonly tookMs: number;
  readonly dumps: readonly CollectedDump[];
  /** The requests to a pprof server, with the server's own time. */
  readonly requests: readonly HttpTiming[];
  /** What Delve said, for Delve's instances. */
  readonly delve: DelveResult | undefined;
  readonly notes: readonly string[];
  /** Set when the instance gave no dump. */
  readonly failure: InputError | undefined;
}

/** The dumps of all instances at one time. */
export interface Snapshot {
  /** From 0. */
  readonly index: number;
  readonly instances: readonly InstanceResult[];
}

/** Failures behind which may stand the end of a Delve that we started. */
const connectionLost: ReadonlySet<ConnectionFailure> = new Set(["refused", "missing", "broken"]);

/** Instances that are asked at once. */
const instancesAtOnce = 8;

/**
 * Takes snapshots in time, one after the other. An instance that fails is told in its result and tried again in the
 * next snapshot; the others are not lost. Only what concerns all of them is thrown: a directory that can't be
 * written (UsageError), no `dlv` (UsageError), the user's interruption.
 */
export async function* collectSnapshots(options: CollectOptions): AsyncGenerator<Snapshot, void, undefined> {
  const names = new Set<string>();
  const started = performance.now();
  for (let index = 0; index < options.snapshots; index++) {
    const early = started + index * options.everyMs - performance.now();
    if (early > 0) await pause(early, options.signal);
    const directory = options.directory ?? (await temporaryDirectory());
    try {
      const snapshot = await takeSnapshot(options, index, directory, names);
      yield snapshot;
      if (options.untilFinding !== undefined && (await options.untilFinding(snapshot))) return;
    } finally {
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    }
  }
}

async function takeSnapshot(
  options: CollectOptions,
  index: number,
  directory: string,
  names: Set<string>,
): Promise<Snapshot> {
  const instances: InstanceResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < options.targets.length) {
      const place = next++;
      instances[place] = await new Taking(options, index, directory, names).take(options.targets[place]!);
    }
  };
  const width = Math.min(instancesAtOnce, options.targets.length);
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  const failed = ended.find((e) => e.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return { index, instances };
}

/** One snapshot of one instance. */
class Taking {
  readonly #options: CollectOptions;
  readonly #last: boolean;
  readonly #directory: string;
  readonly #names: Set<string>;
  readonly #own = new Map<DumpKind, string>();
  readonly #takenAt = new Date();
  readonly #started = performance.now();

  constructor(options: CollectOptions, index: number, directory: string, names: Set<string>) {
    this.#options = options;
    this.#last = index === options.snapshots - 1 || options.untilFinding !== undefined;
    this.#directory = directory;
    this.#names = names;
  }

  async take(target: CollectTarget): Promise<InstanceResult> {
    const instance = instanceName(target);
    try {
      return target.kind === "pprof"
        ? await this.#pprof(instance, target.target)
        : await this.#delve(instance, target);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof InputError)) throw error;
      return { ...this.#result(instance, []), failure: error };
    }
  }

  async #pprof(instance: string, target: PprofTarget): Promise<InstanceResult> {
    const { pprof, signal } = this.#options;
    // The leak profile marks goroutines for all later dumps, which then lack their minutes: the last one only.
    const leak = pprof.leak && this.#last;
    const taken = await collectPprof(
      target,
      { ...pprof, leak, ...(signal === undefined ? {} : { signal }) },
      (kind, extension) => this.#file(instance, kind, extension),
    );
    const dumps = taken.profiles.map((p) => this.#dump(instance, p.kind, p.path, p.bytes));
    return { ...this.#result(instance, dumps), requests: taken.requests, notes: taken.notes };
  }

  async #delve(instance: string, target: Exclude<CollectTarget, { kind: "pprof" }>): Promise<InstanceResult> {
    const { signal } = this.#options;
    const interruptible = signal === undefined ? {} : { signal };
    const dlv =
      target.kind === "dlv"
        ? await startDlv(target.target, { ...this.#options.dlv, ...interruptible })
        : undefined;
    try {
      const file = await this.#file(instance, "delve", "ndjson");
      try {
        const endpoint = target.kind === "delve" ? target.endpoint : dlv!.endpoint;
        const delve = await collectDelve(
          endpoint,
          {
            ...this.#options.delve,
            ...interruptible,
            ...(dlv === undefined ? {} : { attachedAt: dlv.startedAt }),
          },
          file,
        );
        const dump = this.#dump(instance, "delve", await file.finish(), file.bytes);
        return { ...this.#result(instance, [dump]), delve, notes: delve.notes };
      } catch (error) {
        await file.discard();
        const broken = error instanceof ConnectionError && connectionLost.has(error.failure);
        throw (broken ? await dlv?.failure() : undefined) ?? error;
      }
    } finally {
      await dlv?.stop();
    }
  }

  #result(instance: string, dumps: readonly CollectedDump[]): InstanceResult {
    return {
      instance,
      takenAt: this.#takenAt,
      tookMs: Math.round(performance.now() - this.#started),
      dumps,
      requests: [],
      delve: undefined,
      notes: [],
      failure: undefined,
    };
  }

  #dump(instance: string, kind: DumpKind, path: string, bytes: number): CollectedDump {
    const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
    return { path, name, instance, kind, takenAt: this.#takenAt, bytes };
  }

  /** Two instances of one name, behind different paths, get different files; a second try gets the same one. */
  #file(instance: string, kind: DumpKind, extension: string): Promise<DumpFile> {
    let name = this.#own.get(kind) ?? dumpFileName(instance, this.#takenAt, kind, extension);
    for (let n = 2; !this.#own.has(kind) && this.#names.has(name); n++)
      name = dumpFileName(`${instance}-${n}`, this.#takenAt, kind, extension);
    this.#names.add(name);
    this.#own.set(kind, name);
    return DumpFile.create(this.#directory, name);
  }
}

/** What reports call a target. */
export function instanceName(target: CollectTarget): string {
  switch (target.kind) {
    case "pprof":
      return target.target.instance;
    case "delve":
      return endpointName(target.endpoint);
    case "dlv":
      return "pid" in target.target ? `pid-${target.target.pid}` : baseName(target.target.core);
  }
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
