import { ConnectionError } from "./connection-error.ts";
import { agreeOnApi, type DelveVersions, versionsOf } from "./delve-api.ts";
import { DelveConnection, type DelveReply } from "./delve-connection.ts";
import { DelveSurvey } from "./delve-survey.ts";
import type { DumpFile } from "./dump-file.ts";
import { type DelveLimits, defaultDelveLimits } from "./limits.ts";
import type { Endpoint } from "./target.ts";

/** How a Delve server is asked. */
export interface DelveOptions {
  readonly limits?: DelveLimits;
  readonly pageSize?: number;
  /** Most goroutines whose stacks are taken. */
  readonly maxStacks?: number;
  /** A stack and an address for each goroutine, however many. */
  readonly everyGoroutine?: boolean;
  /** Longest time that a live target is kept halted, milliseconds. */
  readonly maxHaltMs?: number;
  /**
   * End Delve afterwards and let the target go on. A Delve that serves several clients is otherwise left as it was
   * found; one that serves a single client ends with it in any case.
   */
  readonly detach?: boolean;
  /** `performance.now()` when we began to attach, for a Delve that we started. */
  readonly attachedAt?: number;
  readonly signal?: AbortSignal;
}

export interface DelveResult {
  readonly versions: DelveVersions;
  readonly apiVersion: 1 | 2;
  readonly goroutines: number;
  readonly locations: number;
  /** Goroutines whose whole stack was taken. */
  readonly stacks: number;
  readonly requests: number;
  /** For how long we halted a live target; undefined for a core, and for a target that was halted before we came. */
  readonly haltedMs: number | undefined;
  readonly notes: readonly string[];
}

/**
 * Reads a process or a core through Delve's JSON-RPC into a file of lines
 *
 *     {"request":{"method":"RPCServer.…","params":[…],"id":N},"response":{"id":N,"result":…,"error":null}}
 *
 * in the order of the answers, which are byte for byte Delve's, failed evaluations left out:
 * - `GetVersion` first (after the halt of a target that ran, so that it names the Go version), then the pages of
 *   `ListGoroutines`, which together are the dump;
 * - `Eval` of `runtime.curg.waitreason` for one goroutine of each wait reason number: the number's name;
 * - for the goroutines that matter `Stacktrace` (v1: `StacktraceGoroutine`), `Eval` (v1: `EvalSymbol`) of
 *   `runtime.curg.parentGoid`, `runtime.curg.waiting.c` (Go 1.26: `.c.vu`; 0 when it is no channel, and then
 *   `.elem.vu`), for a select `runtime.curg.waiting.waitlink.c` and so on. A goroutine without a stack of its own
 *   stands at a place (current, user, start and `go` location, status and reason) whose sampled stacks are here;
 * - `ListGoroutines` with the filter of kind 8, the answer replaced by the ids that it stands for, and beside `response` the member
 *   `"channel":"824634138816"`: all goroutines that wait on that channel, in a select too. It is no page of the list;
 * - as the last line `{"collected":{…}}`: target, versions, times and notes. A file without it is cut.
 *
 * @throws ConnectionError when what answers is no Delve, or it breaks; UsageError when the file can't be written
 */
export async function collectDelve(
  endpoint: Endpoint,
  options: DelveOptions,
  file: DumpFile,
): Promise<DelveResult> {
  const connection = await DelveConnection.connect(endpoint, options.limits ?? defaultDelveLimits);
  try {
    return await new DelveTaking(connection, options, file).run();
  } finally {
    connection.close();
  }
}

/** What Delve debugs, and in which state we found it. */
interface Found {
  readonly live: boolean;
  readonly running: boolean;
  readonly multiclient: boolean;
}

class DelveTaking {
  readonly #connection: DelveConnection;
  readonly #options: DelveOptions;
  readonly #file: DumpFile;
  #haltedAt: number | undefined;

  constructor(connection: DelveConnection, options: DelveOptions, file: DumpFile) {
    this.#connection = connection;
    this.#options = options;
    this.#file = file;
    this.#haltedAt = options.attachedAt;
  }

  async run(): Promise<DelveResult> {
    const started = performance.now();
    let greeting = await this.#connection.call("GetVersion", {});
    const api = await agreeOnApi(this.#connection, greeting);
    const found = await this.#look(greeting);
    let haltedMs: number | undefined;
    let survey: DelveSurvey | undefined;
    try {
      if (found.running) {
        await this.#halt();
        greeting = await this.#connection.call("GetVersion", {});
      }
      await this.#record(greeting);
      survey = new DelveSurvey(
        this.#connection,
        api,
        versionsOf(greeting),
        (reply, note) => this.#record(reply, note),
        {
          pageSize: this.#options.pageSize ?? 1_000,
          maxStacks: this.#options.maxStacks ?? 2_000,
          everyGoroutine: this.#options.everyGoroutine ?? false,
          deadline: found.live
            ? performance.now() + (this.#options.maxHaltMs ?? 30_000)
            : Number.POSITIVE_INFINITY,
          ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
        },
      );
      await survey.run();
    } finally {
      haltedMs = await this.#letGo(found);
    }
    const result: DelveResult = {
      versions: versionsOf(greeting),
      apiVersion: api.version,
      goroutines: survey.locations.goroutines,
      locations: survey.locations.groups.size,
      stacks: survey.stacks,
      requests: this.#connection.requests,
      haltedMs: found.live ? haltedMs : undefined,
      notes: [...survey.notes, ...this.#leftAs(found)],
    };
    await this.#file.write(
      `${JSON.stringify({ collected: { ...result, tookMs: Math.round(performance.now() - started) } })}\n`,
    );
    return result;
  }

  async #record(reply: DelveReply, note?: { readonly channel: string }): Promise<void> {
    const extra = note === undefined ? "" : `,"channel":${JSON.stringify(note.channel)}`;
    await this.#file.write(`{"request":${JSON.stringify(reply.request)},"response":${reply.text}${extra}}\n`);
  }

  async #look(greeting: DelveReply): Promise<Found> {
    const [state, multiclient] = await Promise.all([
      this.#connection.call("State", { NonBlocking: true }),
      this.#connection.call("IsMulticlient", {}),
    ]);
    const inner = (state.result as { State?: unknown } | null)?.State ?? state.result;
    const { Running, exited } = (inner ?? {}) as { Running?: unknown; exited?: unknown };
    if (exited === true || /has exited/.test(state.error ?? ""))
      throw new ConnectionError(
        "missing",
        `${this.#connection.name}: the process that Delve debugs has ended`,
      );
    return {
      live: !versionsOf(greeting).core,
      running: Running === true,
      multiclient: (multiclient.result as { IsMulticlient?: unknown } | null)?.IsMulticlient === true,
    };
  }

  async #halt(): Promise<void> {
    this.#haltedAt = performance.now();
    const reply = await this.#connection.call("Command", { name: "halt" });
    if (reply.error !== null)
      throw new ConnectionError(
        "busy",
        `${this.#connection.name}: Delve can't halt the target: ${reply.error.slice(0, 200)}`,
      );
  }

  /** Lets the target go on as it did before; answers how long it was halted for our sake. */
  async #letGo(found: Found): Promise<number | undefined> {
    try {
      if (this.#options.detach === true || !found.multiclient)
        await this.#connection.call("Detach", { Kill: false });
      else if (found.running) await this.#continue();
    } catch {
      // A broken connection ends a Delve of a single client, which lets go of the target by itself.
    }
    return this.#haltedAt === undefined ? undefined : Math.round(performance.now() - this.#haltedAt);
  }

  /** The answer to `continue` comes with the next stop, so the state tells that it has begun. */
  async #continue(): Promise<void> {
    await this.#connection.send("Command", { name: "continue" });
    for (let i = 0; i < 20; i++) {
      const state = await this.#connection.call("State", { NonBlocking: true });
      if ((state.result as { State?: { Running?: boolean } } | null)?.State?.Running === true) return;
    }
  }

  #leftAs(found: Found): string[] {
    if (!found.live || found.running || !found.multiclient || this.#options.detach === true) return [];
    return ["the target was halted before and still is; --detach ends Delve and lets it go on"];
  }
}
