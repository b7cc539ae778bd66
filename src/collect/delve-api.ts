import { ConnectionError } from "./connection-error.ts";
import type { DelveConnection, DelveReply } from "./delve-connection.ts";

/** Arguments and locals as plain words and addresses; following pointers makes answers a hundred times larger. */
const leanConfig = {
  FollowPointers: false,
  MaxVariableRecurse: 0,
  MaxStringLen: 64,
  MaxArrayValues: 0,
  MaxStructFields: 0,
} as const;

/** Deepest stack that is taken. */
const maxDepth = 200;

/** The calls that both of Delve's APIs have, under one name each. */
export interface DelveApi {
  readonly version: 1 | 2;
  /** Goroutines from slot `start`, at most `count`; API v1 has no pages and gives all. */
  list(start: number, count: number): Promise<DelveReply>;
  stack(goroutine: number): Promise<DelveReply>;
  /** Evaluates in the innermost frame of a goroutine. */
  evaluate(goroutine: number, expression: string): Promise<DelveReply>;
}

/** Versions as Delve tells them. */
export interface DelveVersions {
  /** `1.24.0`; "" when it says none. */
  readonly delve: string;
  /** `go1.24.1`; "" while the target runs. */
  readonly go: string;
  readonly core: boolean;
}

interface VersionReply {
  readonly DelveVersion?: string;
  readonly APIVersion?: number;
  readonly Backend?: string;
  readonly TargetGoVersion?: string;
}

/** Reads the answer of GetVersion. */
export function versionsOf(reply: DelveReply): DelveVersions {
  const v = (reply.result ?? {}) as VersionReply;
  return {
    delve: /Version: (\d+\.\d+\.\d+)/.exec(v.DelveVersion ?? "")?.[1] ?? "",
    go: /\bgo\d+\.\d+(?:\.\d+)?/.exec(v.TargetGoVersion ?? "")?.[0] ?? "",
    core: v.Backend === "core",
  };
}

/** True when `version` (`1.24.0`, `go1.26.1`) is known and at least `major.minor`. */
export function atLeast(version: string, major: number, minor: number, patch = 0): boolean {
  const parts = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (parts === null) return false;
  const [a, b, c] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  return a !== major ? a > major : b !== minor ? b > minor : c >= patch;
}

/**
 * Agrees on an API: version 2 wherever it can be had, version 1 with servers that know no other.
 * @param greeting the answer of GetVersion
 * @throws ConnectionError when the server has neither
 */
export async function agreeOnApi(connection: DelveConnection, greeting: DelveReply): Promise<DelveApi> {
  const offered = (greeting.result as VersionReply | null)?.APIVersion;
  if (greeting.error === null && offered !== 1) return new ApiV2(connection);
  const switched = await connection.call("SetApiVersion", { APIVersion: 2 });
  if (switched.error === null) return new ApiV2(connection);
  if (greeting.error === null || /can't find|unknown method/i.test(greeting.error))
    return new ApiV1(connection);
  throw new ConnectionError(
    "not-mine",
    `${connection.name}: Delve speaks neither version 1 nor version 2 of its API (${greeting.error.slice(0, 200)})`,
    "Use Delve 1.0 or later.",
  );
}

class ApiV2 implements DelveApi {
  readonly version = 2;
  readonly #connection: DelveConnection;

  constructor(connection: DelveConnection) {
    this.#connection = connection;
  }

  list(start: number, count: number): Promise<DelveReply> {
    return this.#connection.call("ListGoroutines", { Start: start, Count: count });
  }

  stack(goroutine: number): Promise<DelveReply> {
    return this.#connection.call("Stacktrace", {
      Id: goroutine,
      Depth: maxDepth,
      Full: true,
      Cfg: leanConfig,
    });
  }

  evaluate(goroutine: number, expression: string): Promise<DelveReply> {
    return this.#connection.call("Eval", {
      Scope: { GoroutineID: goroutine, Frame: 0 },
      Expr: expression,
      Cfg: leanConfig,
    });
  }
}

class ApiV1 implements DelveApi {
  readonly version = 1;
  readonly #connection: DelveConnection;

  constructor(connection: DelveConnection) {
    this.#connection = connection;
  }

  list(): Promise<DelveReply> {
    return this.#connection.call("ListGoroutines", null);
  }

  stack(goroutine: number): Promise<DelveReply> {
    return this.#connection.call("StacktraceGoroutine", { Id: goroutine, Depth: maxDepth, Full: true });
  }

  evaluate(goroutine: number, expression: string): Promise<DelveReply> {
    return this.#connection.call("EvalSymbol", {
      Scope: { GoroutineID: goroutine, Frame: 0 },
      Symbol: expression,
    });
  }
}
