import { count, plural } from "../words.ts";
import { ConnectionError } from "./connection-error.ts";
import type { DumpFile } from "./dump-file.ts";
import { type HttpTiming, httpGet, type TlsOptions } from "./http-get.ts";
import type { HttpLimits } from "./limits.ts";
import { addressOfTarget, type PprofTarget } from "./target.ts";

/** The forms of pprof's goroutine profile: protobuf, text of distinct stacks, one traceback a goroutine. */
export type PprofDebug = 0 | 1 | 2;

export interface PprofOptions {
  readonly limits: HttpLimits;
  readonly tls?: TlsOptions;
  /** Take this form only, instead of the best one that the server can bear. */
  readonly debug?: PprofDebug;
  /** Most goroutines for which debug=2 is taken without being asked: it stops the world while it prints. */
  readonly debug2Goroutines: number;
  /** Ask for the leak profile (Go 1.26 and later), which runs a garbage collection. */
  readonly leak: boolean;
  /** Further tries after a failure that may pass. */
  readonly retries: number;
  readonly signal?: AbortSignal;
}

/** What the profile is: `goroutineleak-debug2` is a full dump in which leaked goroutines are marked. */
export type DumpKind =
  | "goroutine-debug0"
  | "goroutine-debug1"
  | "goroutine-debug2"
  | "goroutineleak-debug0"
  | "goroutineleak-debug1"
  | "goroutineleak-debug2"
  | "delve";

/** Begins the file that takes a profile. */
export type OpenFile = (kind: DumpKind, extension: string) => Promise<DumpFile>;

/** A profile that was taken whole. */
export interface TakenProfile {
  readonly kind: DumpKind;
  readonly path: string;
  readonly bytes: number;
}

export interface PprofResult {
  readonly profiles: readonly TakenProfile[];
  readonly requests: readonly HttpTiming[];
  /** Goroutines that the server has, as its own total says. */
  readonly goroutines: number | undefined;
  /** What was not taken and why, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Takes the goroutine profile of one server: the cheap text first, whose total decides whether the server can bear
 * the full one. What can't be had is left for the next poorer form, with a note.
 * @throws ConnectionError when the server gives no profile at all, UsageError when files can't be written
 */
export async function collectPprof(
  target: PprofTarget,
  options: PprofOptions,
  openFile: OpenFile,
): Promise<PprofResult> {
  const taking = new PprofTaking(target, options, openFile);
  if (options.debug !== undefined) await taking.best(options.debug);
  else await taking.whatItCanBear();
  return taking;
}

class PprofTaking implements PprofResult {
  readonly profiles: TakenProfile[] = [];
  readonly requests: HttpTiming[] = [];
  readonly notes: string[] = [];
  goroutines: number | undefined;
  readonly #target: PprofTarget;
  readonly #options: PprofOptions;
  readonly #openFile: OpenFile;

  constructor(target: PprofTarget, options: PprofOptions, openFile: OpenFile) {
    this.#target = target;
    this.#options = options;
    this.#openFile = openFile;
  }

  async whatItCanBear(): Promise<void> {
    const cheap = await this.#fetch("goroutine", 1);
    try {
      const goroutines = this.goroutines ?? 0;
      const many = goroutines > this.#options.debug2Goroutines;
      if (many)
        this.notes.push(
          `${plural(goroutines, "goroutine is", "goroutines are")} more than ${count(this.#options.debug2Goroutines)}: took debug=0, ` +
            "which has no goroutine ids and addresses; --debug 2 takes them all the same",
        );
      await this.best(many ? 0 : 2);
      await cheap.discard();
    } catch (error) {
      if (!(error instanceof ConnectionError)) {
        await cheap.discard();
        throw error;
      }
      this.notes.push(`took only debug=1: ${error.message}`);
      await this.#keep("goroutine-debug1", cheap);
    }
  }

  /**
   * Takes the goroutine profile in this form. The leak profile's debug=2 is a full dump too, with the leaked ones
   * marked, and stands for it; its other forms hold the leaked goroutines alone and come beside it.
   */
  async best(debug: PprofDebug): Promise<void> {
    const { leak } = this.#options;
    if (debug === 2 && leak && (await this.#leakProfile(debug))) return;
    await this.#keep(`goroutine-debug${debug}`, await this.#fetch("goroutine", debug));
    if (debug !== 2 && leak) await this.#leakProfile(debug);
  }

  async #leakProfile(debug: PprofDebug): Promise<boolean> {
    try {
      await this.#keep(`goroutineleak-debug${debug}`, await this.#fetch("goroutineleak", debug));
      return true;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (error.failure !== "missing" && error.failure !== "not-mine")
        this.notes.push(`no leak profile: ${error.message}`);
      return false;
    }
  }

  async #keep(kind: DumpKind, file: DumpFile): Promise<void> {
    this.profiles.push({ kind, path: await file.finish(), bytes: file.bytes });
  }

  async #fetch(profile: "goroutine" | "goroutineleak", debug: PprofDebug): Promise<DumpFile> {
    const { retries, signal } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#fetchOnce(profile, debug);
      } catch (error) {
        const again = error instanceof ConnectionError && error.mayPass && attempt < retries;
        if (!again) throw error;
        await pause(500 * 2 ** attempt, signal);
      }
    }
  }

  async #fetchOnce(profile: "goroutine" | "goroutineleak", debug: PprofDebug): Promise<DumpFile> {
    const { limits, tls, signal } = this.#options;
    const file = await this.#openFile(`${profile}-debug${debug}`, debug === 0 ? "pb.gz" : "txt");
    try {
      const request = `${profile}?debug=${debug}`;
      let head: Uint8Array | undefined = new Uint8Array(0);
      const timing = await httpGet(
        this.#target,
        request,
        { limits, ...(tls === undefined ? {} : { tls }), ...(signal === undefined ? {} : { signal }) },
        async (chunk) => {
          if (head !== undefined) {
            head = Buffer.concat([head, chunk]);
            if (head.length >= headBytes) {
              this.#checkHead(head, profile, debug);
              head = undefined;
            }
          }
          await file.write(chunk);
        },
      );
      if (head !== undefined) this.#checkHead(head, profile, debug);
      this.requests.push(timing);
      return file;
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** Refuses an answer that is no profile, and takes the total from one that is. */
  #checkHead(head: Uint8Array, profile: string, debug: PprofDebug): void {
    const address = addressOfTarget(this.#target, `${profile}?debug=${debug}`);
    const text = Buffer.from(head.subarray(0, headBytes)).toString("latin1");
    if (/^\s*<(?:!doctype|html)/i.test(text))
      throw new ConnectionError(
        "not-mine",
        `${address}: the answer is a web page, not a profile; maybe a login or an error page`,
        "Give the path where pprof is mounted, or credentials with --auth or --header.",
      );
    if (debug === 1) {
      const total = /^goroutine(?:leak)? profile: total (\d{1,15})/.exec(text);
      if (total !== null && profile === "goroutine") this.goroutines = Number(total[1]);
      if (total !== null) return;
    } else if (debug === 2 && /^goroutine \d+ /.test(text)) return;
    else if (debug === 0 && (head[0] === 0x0a || (head[0] === 0x1f && head[1] === 0x8b))) return;
    throw new ConnectionError(
      "not-mine",
      `${address}: the answer is no goroutine profile`,
      "Check that the URL is the one of a Go server's pprof.",
    );
  }
}

/** Enough of an answer to know what it is. */
const headBytes = 64;

/** Waits; ends early, with an error, when the user interrupts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
