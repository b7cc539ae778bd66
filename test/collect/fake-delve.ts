import type { Socket } from "node:net";
import { tcpServer } from "./servers.ts";

interface Request {
  readonly method: string;
  readonly params: readonly Record<string, unknown>[];
  readonly id: number;
}

/** A goroutine of the fake: `place` gives its line, `channel` what it waits on. */
export interface FakeGoroutine {
  readonly id: number;
  readonly place: number;
  readonly channel?: bigint;
  /** Of the second case: it waits in a select. */
  readonly second?: bigint;
  /** Line of the `go` statement; 1 when left out. */
  readonly started?: number;
  /** Line of the caller, which the list does not show. */
  readonly caller?: number;
  readonly unreadable?: boolean;
}

export interface FakeDelve {
  readonly goroutines: readonly FakeGoroutine[];
  /** Versions of its API. */
  readonly apis?: readonly (1 | 2)[];
  readonly delveVersion?: string;
  readonly backend?: string;
  readonly running?: boolean;
  readonly multiclient?: boolean;
  /** Breaks the connection after so many requests. */
  readonly breaksAfter?: number;
}

/** Speaks Delve's JSON-RPC as Delve does, over a fixed list; answers its port and the requests it got. */
export async function fakeDelve(
  fake: FakeDelve,
): Promise<{ port: number; asked: Request[]; state: { running: boolean } }> {
  const asked: Request[] = [];
  const state = { running: fake.running ?? false };
  const port = await tcpServer((socket) => {
    let text = "";
    const server = new FakeServer(fake, state);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (line.trim() === "") continue;
        const request = JSON.parse(line) as Request;
        asked.push(request);
        if (fake.breaksAfter !== undefined && asked.length > fake.breaksAfter) socket.destroy();
        else respond(socket, request, server);
      }
    });
  });
  return { port, asked, state };
}

function respond(socket: Socket, request: Request, server: FakeServer): void {
  try {
    const result = server.answer(request.method.replace("RPCServer.", ""), request.params[0] ?? {});
    if (result !== undefined) socket.write(`{"id":${request.id},"result":${result},"error":null}\n`);
  } catch (error) {
    socket.write(`${JSON.stringify({ id: request.id, result: null, error: (error as Error).message })}\n`);
  }
}

class FakeServer {
  readonly #fake: FakeDelve;
  readonly #state: { running: boolean };
  readonly #byId: ReadonlyMap<number, FakeGoroutine>;
  #api: 1 | 2;

  constructor(fake: FakeDelve, state: { running: boolean }) {
    this.#fake = fake;
    this.#state = state;
    this.#byId = new Map(fake.goroutines.map((g) => [g.id, g]));
    this.#api = (fake.apis ?? [2])[0]!;
  }

  /** JSON text of the result; undefined for an answer that never comes. */
  answer(method: string, p: Record<string, unknown>): string | undefined {
    const apis = this.#fake.apis ?? [2];
    switch (method) {
      case "GetVersion":
        return JSON.stringify({
          DelveVersion: `Version: ${this.#fake.delveVersion ?? "1.24.0"}\nBuild: x`,
          APIVersion: this.#api,
          Backend: this.#fake.backend ?? "core",
          TargetGoVersion: this.#state.running ? "" : "Go cmd/compile go1.24.0",
        });
      case "SetApiVersion":
        if (!apis.includes(p.APIVersion as 1 | 2)) throw new Error("unknown API version");
        this.#api = p.APIVersion as 1 | 2;
        return "{}";
      case "State":
        return JSON.stringify({ State: { Running: this.#state.running } });
      case "IsMulticlient":
        return JSON.stringify({ IsMulticlient: this.#fake.multiclient ?? false });
      case "Command":
        this.#state.running = p.name === "continue";
        return p.name === "continue" ? undefined : "{}";
      case "Detach":
        this.#state.running = true;
        return "{}";
      case "ListGoroutines":
        return this.#list(p);
      case "Stacktrace":
        if (this.#api === 2) return JSON.stringify({ Locations: this.#frames(p.Id as number) });
        break;
      case "StacktraceGoroutine":
        if (this.#api === 1) return JSON.stringify(this.#frames(p.Id as number));
        break;
      case "Eval":
        if (this.#api === 2) return `{"Variable":${this.#evaluate(p, p.Expr as string)}}`;
        break;
      case "EvalSymbol":
        if (this.#api === 1) return this.#evaluate(p, p.Symbol as string);
        break;
    }
    throw new Error(`unknown method: RPCServer.${method}`);
  }

  #list(p: Record<string, unknown>): string {
    const all = this.#fake.goroutines;
    if (this.#api === 1) return JSON.stringify(all.map((g) => this.#listed(g)));
    const filter = (p.Filters as { Kind: number; Arg: string }[] | undefined)?.[0];
    if (filter?.Kind === 8) {
      const pointer = BigInt(/0x[0-9a-f]+/.exec(filter.Arg)![0]);
      const asked = all.find((g) => pointerOf(g.id) === pointer || secondOf(g.id) === pointer);
      const channel = pointer === pointerOf(asked!.id) ? asked?.channel : asked?.second;
      // As in Delve, who waits for it in two cases comes twice.
      const waiting = all.flatMap((g) => [g.channel, g.second].filter((c) => c === channel).map(() => g));
      if (p.GroupBy === 2)
        return JSON.stringify(groupsOf(waiting.map((g) => `/src/main.go:${g.place} in main.f`)));
      if (p.GroupBy === 3)
        return JSON.stringify(groupsOf(waiting.map((g) => `/src/main.go:${g.started ?? 1} in main.main`)));
      return JSON.stringify({ Goroutines: waiting.map((g) => this.#listed(g)), Nextg: -1 });
    }
    const start = p.Start as number;
    const page = all.slice(start, start + (p.Count as number));
    const next = start + page.length < all.length ? start + page.length : -1;
    return JSON.stringify({ Goroutines: page.map((g) => this.#listed(g)), Nextg: next });
  }

  #listed(g: FakeGoroutine): object {
    return {
      id: g.id,
      currentLoc: { pc: 1, file: "/go/proc.go", line: 1, function: { name: "runtime.gopark" } },
      userCurrentLoc: { pc: 2, file: "/src/main.go", line: g.place, function: { name: "main.f" } },
      goStatementLoc: { pc: 3, file: "/src/main.go", line: g.started ?? 1, function: { name: "main.main" } },
      startLoc: { pc: 4, file: "/src/main.go", line: 2, function: { name: "main.start" } },
      threadID: 0,
      status: 4,
      waitSince: 0,
      waitReason: g.channel === undefined ? 19 : g.second === undefined ? 15 : 24,
      unreadable: g.unreadable === true ? "could not read" : "",
    };
  }

  #frames(id: number): object[] {
    const g = this.#byId.get(id)!;
    return [
      { pc: 1, file: "/go/proc.go", line: 1, function: { name: "runtime.gopark" } },
      { pc: 2, file: "/src/main.go", line: g.place, function: { name: "main.f" } },
      { pc: 3, file: "/src/main.go", line: g.caller ?? 7, function: { name: "main.caller" } },
    ];
  }

  #evaluate(p: Record<string, unknown>, expression: string): string {
    const id = (p.Scope as { GoroutineID: number }).GoroutineID;
    const g = this.#byId.get(id)!;
    if (expression === "runtime.curg.waitreason" && g.second !== undefined)
      return variable(1n, "waitReasonSelect (24)");
    if (expression === "runtime.curg.waitreason")
      return variable(1n, g.channel === undefined ? "waitReasonSleep (19)" : "waitReasonChanSend (15)");
    if (expression === "runtime.curg.parentGoid") return variable(2n, "1");
    if (expression === "runtime.curg.waiting.c" && g.channel !== undefined)
      return variable(pointerOf(id), String(g.channel));
    if (expression === "runtime.curg.waiting.waitlink.c" && g.second !== undefined)
      return variable(secondOf(id), String(g.second));
    throw new Error("runtime.curg.waiting is nil");
  }
}

function groupsOf(names: readonly string[]): object {
  const totals = new Map<string, number>();
  for (const name of names) totals.set(name, (totals.get(name) ?? 0) + 1);
  const Groups = [...totals].map(([Name, Total]) => ({ Name, Total }));
  return { Goroutines: [], Nextg: -1, Groups, TooManyGroups: false };
}

/** Beyond 2^53, where a double is no longer exact. */
function pointerOf(id: number): bigint {
  return 0x1234567890abcd01n + BigInt(id) * 8n;
}

function secondOf(id: number): bigint {
  return pointerOf(id) + 4n;
}

function variable(address: bigint, value: string): string {
  return `{"name":"x","addr":${address},"kind":7,"value":${JSON.stringify(value)}}`;
}
