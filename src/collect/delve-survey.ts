import { plural } from "../words.ts";
import { ConnectionError } from "./connection-error.ts";
import { atLeast, type DelveApi, type DelveVersions } from "./delve-api.ts";
import type { DelveConnection, DelveReply } from "./delve-connection.ts";
import {
  type GroupedBy,
  isParked,
  isRare,
  type LocationGroup,
  Locations,
  listedGoroutine,
  sampleIds,
} from "./delve-locations.ts";

/** Takes the exchanges that are worth keeping, in order. */
export type RecordExchange = (reply: DelveReply, note?: { readonly channel: string }) => Promise<void>;

export interface SurveyOptions {
  /** Goroutines a page of the list. */
  readonly pageSize: number;
  /** Most goroutines whose stacks are taken; the places are served in turn. */
  readonly maxStacks: number;
  /** A stack and an address for each goroutine, however many. */
  readonly everyGoroutine: boolean;
  /** `performance.now()` at which to stop asking and let the target go on. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** Requests on their way at once. */
const inFlight = 64;
/** Rounds of ever more samples from a place whose stacks differ. */
const rounds = 3;
/** Channels whose waiters are asked for in bulk. */
const maxChannels = 16;
/** Most goroutines and places of a bulk answer. */
const maxBulk = 1_000_000;
/** Cases of one select that are looked at. */
const maxCases = 16;

/**
 * Asks a halted Delve for what rules need, with few requests: the list, a stack for every distinct place and all
 * rare goroutines, the address that each of those is blocked on, and, for places with many, who else waits on a
 * channel that was found.
 */
export class DelveSurvey {
  readonly locations: Locations = new Locations();
  /** Goroutines whose stack was taken. */
  stacks = 0;
  /** What was not asked, a sentence each. */
  readonly notes: string[] = [];
  readonly #connection: DelveConnection;
  readonly #api: DelveApi;
  readonly #versions: DelveVersions;
  readonly #record: RecordExchange;
  readonly #options: SurveyOptions;
  /** Names of the wait reasons in the target, `waitReasonChanSend`, by number. */
  readonly #reasons = new Map<number, string>();
  /** Goroutines that are known to wait on a channel, from samples and bulk answers. */
  readonly #channelKnown = new Set<number>();
  readonly #channels = new Map<string, ChannelFound>();
  /** Groups with a select that has a channel in two cases: Delve counts who waits there twice. */
  readonly #countedTwice = new Set<LocationGroup>();
  #stopped = false;

  constructor(
    connection: DelveConnection,
    api: DelveApi,
    versions: DelveVersions,
    record: RecordExchange,
    options: SurveyOptions,
  ) {
    this.#connection = connection;
    this.#api = api;
    this.#versions = versions;
    this.#record = record;
    this.#options = options;
  }

  /** @throws ConnectionError when Delve gives no list, or the connection breaks */
  async run(): Promise<void> {
    await this.#list();
    const groups = [...this.locations.groups.values()].sort((a, b) => a.ids.length - b.ids.length);
    await this.#nameReasons(groups);
    if (this.#options.everyGoroutine) return;
    let open = groups;
    for (let round = 0; round < rounds && open.length > 0; round++) open = await this.#sample(open, round);
    await this.#waitersInBulk(groups);
  }

  get #over(): boolean {
    if (this.#stopped) return true;
    this.#options.signal?.throwIfAborted();
    if (performance.now() < this.#options.deadline) return false;
    this.#stopped = true;
    this.notes.push(
      "stopped asking because the target was halted for as long as --max-halt allows; some stacks are missing",
    );
    return true;
  }

  async #list(): Promise<void> {
    let start = 0;
    let asked: Promise<DelveReply> | undefined = this.#api.list(start, this.#options.pageSize);
    while (asked !== undefined) {
      const reply: DelveReply = await asked;
      if (reply.error !== null)
        throw new ConnectionError(
          "not-mine",
          `${this.#connection.name}: Delve can't list the goroutines: ${reply.error.slice(0, 300)}`,
          "It must be a Go program, read with the very executable that runs or made the core; " +
            "a Delve newer than the program's Go version may do better.",
        );
      const { goroutines, next } = listOf(reply);
      const goesOn = next > start;
      // Delve gathers the next page while this one is taken.
      asked = goesOn && !this.#over ? this.#api.list(next, this.#options.pageSize) : undefined;
      // Nobody may come to wait for it.
      asked?.catch(() => undefined);
      await this.#record(reply);
      const ids: number[] = [];
      for (const value of goroutines) {
        const goroutine = listedGoroutine(value);
        if (goroutine === undefined) continue;
        this.locations.add(goroutine);
        ids.push(goroutine.id);
      }
      // Read with another executable, a core has goroutines without end, none of which can be read.
      if (goesOn && ids.length === 0) throw this.#nothingReadable();
      if (this.#options.everyGoroutine) await this.#lookAt(ids, isParkedAnywhere);
      start = goesOn ? next : -1;
    }
    if (this.locations.goroutines === 0) throw this.#nothingReadable();
    if (start >= 0) this.notes.push(`the list ends after ${plural(this.locations.goroutines, "goroutine")}`);
  }

  #nothingReadable(): ConnectionError {
    return new ConnectionError(
      "not-mine",
      `${this.#connection.name}: Delve can read no goroutine`,
      "The executable must be the very one that runs, or that made the core, and a Go program.",
    );
  }

  /** One evaluation for each number makes all reasons readable, whatever Go version the target has. */
  async #nameReasons(groups: readonly LocationGroup[]): Promise<void> {
    const first = new Map<number, number>();
    for (const group of groups)
      if (isParked(group) && !first.has(group.waitReason)) first.set(group.waitReason, group.ids[0]!);
    await inParallel([...first], async ([number, id]) => {
      const reply = await this.#evaluate(id, "runtime.curg.waitreason");
      const name = /^(\w+) \(\d+\)$/.exec(reply.value)?.[1];
      if (name !== undefined) this.#reasons.set(number, name);
    });
  }

  /** Looks at some goroutines of each group; answers the groups whose stacks differ, which need more. */
  async #sample(groups: readonly LocationGroup[], round: number): Promise<LocationGroup[]> {
    const open: LocationGroup[] = [];
    await inParallel(
      groups,
      async (group) => {
        if (this.#over) return;
        const ids = sampleIds(group, round).filter((id) => !this.#looked.has(id));
        const room = this.#options.maxStacks - this.stacks;
        if (ids.length > room) this.#noteRoom();
        const shapes = new Set<string>();
        for (const shape of await this.#lookAt(ids.slice(0, Math.max(0, room)), group)) shapes.add(shape);
        if (shapes.size > 1 && this.#looked.size < this.#options.maxStacks) open.push(group);
      },
      8,
    );
    return open;
  }

  readonly #looked = new Set<number>();
  #roomNoted = false;

  #noteRoom(): void {
    if (this.#roomNoted) return;
    this.#roomNoted = true;
    this.notes.push(
      `took the stacks of ${plural(this.#options.maxStacks, "goroutine")}, as many as --max-stacks allows; others have ends only`,
    );
  }

  /** Takes stack, creator and blocking address of these goroutines; answers the shapes of their stacks. */
  async #lookAt(ids: readonly number[], group: LocationGroup | typeof isParkedAnywhere): Promise<string[]> {
    const shapes: string[] = [];
    await inParallel(ids, async (id) => {
      if (this.#over) return;
      this.stacks++;
      this.#looked.add(id);
      const asked: Promise<unknown>[] = [
        this.#api.stack(id).then((reply) => {
          shapes.push(shapeOf(reply));
          return this.#record(reply);
        }),
      ];
      if (group === isParkedAnywhere || !group.system) {
        if (this.#versions.go === "" || atLeast(this.#versions.go, 1, 21))
          asked.push(this.#evaluate(id, "runtime.curg.parentGoid"));
        if (group === isParkedAnywhere || isParked(group)) asked.push(this.#resource(id, group));
      }
      await Promise.all(asked);
    });
    return shapes;
  }

  /** What a goroutine is blocked on: the channel, all channels of a select, or from Go 1.26 the semaphore. */
  async #resource(id: number, group: LocationGroup | typeof isParkedAnywhere): Promise<void> {
    const reason = group === isParkedAnywhere ? "" : (this.#reasons.get(group.waitReason) ?? "");
    const channel = reason === "" || /Chan|Select/.test(reason);
    const semaphore = reason === "" || /Sync|Semacquire/.test(reason);
    if (!channel && !semaphore) return;
    const structs = this.#versions.go === "" ? undefined : atLeast(this.#versions.go, 1, 26);
    if (!channel && structs === false) return;
    const select = reason === "" || /Select/.test(reason);
    const channels = new Set<string>();
    for (let link = "", cases = 0; cases < maxCases; link += ".waitlink", cases++) {
      const found = await this.#sudog(id, `runtime.curg.waiting${link}`, semaphore, structs);
      if (found === undefined) break;
      if (channels.has(found.value) && group !== isParkedAnywhere) this.#countedTwice.add(group);
      channels.add(found.value);
      if (channel) this.#found(id, group, found.value, found.pointer);
      if (!select) break;
    }
  }

  /** The channel of one entry of a goroutine's waiting list; `undefined` when there is none. */
  async #sudog(
    id: number,
    path: string,
    semaphore: boolean,
    structs: boolean | undefined,
  ): Promise<{ value: string; pointer: string } | undefined> {
    let answer = await this.#evaluate(id, structs === false ? `${path}.c` : `${path}.c.vu`);
    if (structs === undefined && answer.value === "") answer = await this.#evaluate(id, `${path}.c`);
    if (answer.value === "") return undefined;
    if (answer.value !== "0") return answer;
    if (semaphore && structs !== false) await this.#evaluate(id, `${path}.elem.vu`);
    return undefined;
  }

  /** Channels of places where everyone is looked at need no bulk request. */
  #found(id: number, group: LocationGroup | typeof isParkedAnywhere, channel: string, pointer: string): void {
    this.#channelKnown.add(id);
    if (group === isParkedAnywhere || isRare(group) || pointer === "" || this.#channels.has(channel)) return;
    this.#channels.set(channel, { pointer, group, asked: false });
  }

  async #evaluate(id: number, expression: string): Promise<{ value: string; pointer: string }> {
    const reply = await this.#api.evaluate(id, expression);
    if (reply.error !== null) return { value: "", pointer: "" };
    await this.#record(reply);
    const variable = (reply.result as { Variable?: { value?: unknown } } | null)?.Variable ?? reply.result;
    const value = (variable as { value?: unknown } | null)?.value;
    // The address is taken from the text: JSON.parse would round one above 2^53.
    const pointer = /"addr":(\d{1,20})/.exec(reply.text)?.[1] ?? "";
    return { value: typeof value === "string" ? value : "", pointer };
  }

  /**
   * Finds the channel of everyone in places too large to look at each: asks Delve for all waiters of the channels
   * found, then looks at one goroutine that none of them explains, and so on.
   */
  async #waitersInBulk(groups: readonly LocationGroup[]): Promise<void> {
    if (!atLeast(this.#versions.delve, 1, 21, 1) || this.#api.version !== 2) return;
    const large = groups.filter(
      (g) => isParked(g) && !g.system && /Chan|Select/.test(this.#reasons.get(g.waitReason) ?? ""),
    );
    for (const group of large.sort((a, b) => b.ids.length - a.ids.length)) {
      const unexplained = group.ids.filter((id) => !this.#looked.has(id));
      if (unexplained.length === 0) continue;
      await this.#askChannels();
      for (const id of unexplained) {
        if (this.#channelKnown.has(id)) continue;
        if (this.#asked >= maxChannels || this.#over || this.stacks >= this.#options.maxStacks) return;
        await this.#lookAt([id], group);
        await this.#askChannels();
      }
    }
  }

  #asked = 0;

  async #askChannels(): Promise<void> {
    for (const [channel, entry] of this.#channels) {
      if (entry.asked || this.#asked >= maxChannels || this.#over) continue;
      entry.asked = true;
      this.#asked++;
      await this.#waitersOf(channel, entry);
    }
  }

  /**
   * Asks for counts by place first: mostly whole places wait on one channel, and the list has told their ids. Delve
   * counts by `go` statement without unwinding stacks, which is several times sooner.
   */
  async #waitersOf(channel: string, { pointer, group }: ChannelFound): Promise<void> {
    const asked = {
      Start: 0,
      Count: maxBulk,
      Filters: [
        { Kind: waitingOnChannel, Negated: false, Arg: `*(*"chan int")(0x${BigInt(pointer).toString(16)})` },
      ],
      EvalScope: { GoroutineID: -1, Frame: 0 },
    };
    let reply: DelveReply | undefined;
    let ids: number[] | undefined;
    const ways: GroupedBy[] = this.locations.hasAllOfItsGoStatement(group) ? ["go", "user"] : ["user"];
    for (const by of ways) {
      const counts = { GroupBy: groupingNumber[by], MaxGroupMembers: 1, MaxGroups: maxBulk };
      reply = await this.#connection.call("ListGoroutines", { ...asked, ...counts });
      ids = this.#idsOfGroups(reply, by);
      if (ids !== undefined) break;
    }
    if (reply === undefined || ids === undefined) {
      reply = await this.#connection.call("ListGoroutines", asked);
      ids = [...new Set(listOf(reply).goroutines.flatMap((g) => listedGoroutine(g)?.id ?? []))];
    }
    // A Delve that does not know the filter gives everyone.
    const everyone = ids.length >= this.locations.goroutines && this.locations.goroutines > 1;
    if (reply.error !== null || everyone) return;
    for (const id of ids) this.#channelKnown.add(id);
    await this.#record({ ...reply, text: idsOnly(reply, ids) }, { channel });
  }

  /** Ids of the groups of an answer; undefined when only a part of a group wait, or counts don't tell. */
  #idsOfGroups(reply: DelveReply, by: GroupedBy): number[] | undefined {
    const { Groups, TooManyGroups } = (reply.result ?? {}) as { Groups?: unknown; TooManyGroups?: unknown };
    if (reply.error !== null || TooManyGroups === true || !Array.isArray(Groups)) return undefined;
    const ids: number[] = [];
    for (const { Name, Total } of Groups as { Name?: unknown; Total?: unknown }[]) {
      const there = this.locations.named(by, String(Name));
      const waiting = there.flatMap((group) => group.ids);
      if (waiting.length === 0 || waiting.length !== Total) return undefined;
      if (there.some((group) => this.#countedTwice.has(group))) return undefined;
      for (const id of waiting) ids.push(id);
    }
    return ids;
  }
}

/** Delve's filter for goroutines that wait on the channel of an expression. */
const waitingOnChannel = 8;
/** Delve's numbers of the ways to group. */
const groupingNumber: Readonly<Record<GroupedBy, number>> = { user: 2, go: 3 };

interface ChannelFound {
  readonly pointer: string;
  /** The group of the goroutine that was seen to wait on it. */
  readonly group: LocationGroup;
  asked: boolean;
}

/** Stands for the group of a goroutine when everyone is looked at and nobody is grouped. */
const isParkedAnywhere = "anywhere";

function listOf(reply: DelveReply): { goroutines: readonly unknown[]; next: number } {
  if (Array.isArray(reply.result)) return { goroutines: reply.result, next: -1 };
  const result = reply.result as { Goroutines?: unknown; Nextg?: unknown } | null;
  return {
    goroutines: Array.isArray(result?.Goroutines) ? result.Goroutines : [],
    next: typeof result?.Nextg === "number" ? result.Nextg : -1,
  };
}

/** The list has told the rest already. */
function idsOnly(reply: DelveReply, ids: readonly number[]): string {
  return JSON.stringify({
    id: reply.request.id,
    result: { Goroutines: ids.map((id) => ({ id })), Nextg: -1 },
    error: null,
  });
}

/** Functions and lines of a stack, to see whether two differ. */
function shapeOf(reply: DelveReply): string {
  const result = reply.result as { Locations?: unknown } | unknown[] | null;
  const frames = Array.isArray(result) ? result : result?.Locations;
  if (!Array.isArray(frames)) return "";
  return (frames as { line?: number; function?: { name?: string } | null }[])
    .map((f) => `${f?.function?.name ?? ""}:${f?.line ?? 0}`)
    .join("\n");
}

/** Runs `work` for each item, at most `width` at once, in order. */
async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  width = inFlight,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
