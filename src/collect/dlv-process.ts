import { type ChildProcess, spawn } from "node:child_process";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UsageError } from "../errors.ts";
import { temporaryDirectory } from "./dump-file.ts";
import { type Endpoint, parseEndpoint } from "./target.ts";

/** What Delve is started on. */
export type DlvTarget = { readonly pid: number } | { readonly core: string; readonly executable: string };

export interface DlvOptions {
  /** The `dlv` program; looked up in PATH by default. */
  readonly dlv?: string;
  /** Until Delve listens, milliseconds: it reads the debug information of large programs first. */
  readonly startMs?: number;
  readonly signal?: AbortSignal;
}

export interface DlvProcess {
  readonly endpoint: Endpoint;
  /** `performance.now()` when it was started: no earlier can the target have been halted. */
  readonly startedAt: number;
  /** Why it ended by itself, if it did: it listens before it attaches, and a failure there breaks the connection. */
  failure(): Promise<Error | undefined>;
  /** Ends Delve, which lets go of the target, and removes its socket. */
  stop(): Promise<void>;
}

/**
 * Delve hangs on a target until told otherwise, and a parent that is killed tells nothing. So a shell stands between:
 * when our end of its input closes, for whatever reason, it interrupts Delve, which detaches. Its outputs are Delve's
 * alone, so that they end with Delve. At last it removes the socket's directory.
 */
const guard = [
  'dir=$1; shift; "$@" </dev/null & d=$!; exec >/dev/null 2>&1; read -r _; kill -INT "$d"',
  // At first Delve does not hear an interrupt yet.
  '(sleep 1; kill -INT "$d"; sleep 3; kill -KILL "$d") & k=$!; wait "$d"; kill "$k"; rm -rf "$dir"',
].join("; ");

/** Most of Delve's output that is kept for messages. */
const maxLog = 4_000;

/**
 * Starts a headless Delve for one client, on a socket that only this user can reach, or, since older ones know no
 * unix sockets, on a loopback port that Delve opens to its own user only.
 * @throws UsageError when there is no `dlv` or the files are missing, InputError when it does not start
 */
export async function startDlv(target: DlvTarget, options: DlvOptions = {}): Promise<DlvProcess> {
  if ("core" in target) for (const path of [target.core, target.executable]) await mustExist(path);
  const directory = await temporaryDirectory();
  try {
    const socketPath = join(directory, "dlv.sock");
    return (
      (await startListening(`unix:${socketPath}`, directory, target, options)) ??
      (await startListening("127.0.0.1:0", directory, target, options))!
    );
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

const listeningAt = /API server listening at: (\S+)/;
const cannotListen = /couldn't start listener/;

/** Undefined when this Delve can't listen on a unix socket. */
async function startListening(
  address: string,
  directory: string,
  target: DlvTarget,
  options: DlvOptions,
): Promise<DlvProcess | undefined> {
  const startedAt = performance.now();
  const child = spawnGuarded(directory, options.dlv ?? "dlv", dlvArguments(target, address));
  const log = new DlvLog(child);
  try {
    await listening(child, log, target, options);
  } catch (error) {
    await end(child);
    if (address.startsWith("unix:") && cannotListen.test(log.text)) return undefined;
    throw error;
  }
  const failure = async (): Promise<Error | undefined> =>
    (await log.endsWithin(1_000)) ? startFailure(log.text, target, options.dlv) : undefined;
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  // Delve tells the port that it found; of a socket, it tells the bare path.
  const endpoint = parseEndpoint(address.startsWith("unix:") ? address : listeningAt.exec(log.text)![1]!);
  return { endpoint, startedAt, failure, stop };
}

/** What Delve prints, and whether it still can. */
class DlvLog {
  text = "";
  readonly #ended: Promise<void>;
  #hear: () => void = () => undefined;

  constructor(child: ChildProcess) {
    const hear = (chunk: Buffer): void => {
      this.text = (this.text + chunk.toString("utf8")).slice(-maxLog);
      this.#hear();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    this.#ended = new Promise((resolve) => child.stderr?.once("end", resolve));
  }

  /** True when Delve is over, or will be before the time is up. */
  async endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const ended = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  /** Calls back when the text is there, or when it can come no more. */
  watch(pattern: RegExp, found: () => void, over: () => void): void {
    this.#hear = () => {
      if (pattern.test(this.text)) found();
    };
    this.#hear();
    void this.#ended.then(over);
  }
}

function dlvArguments(target: DlvTarget, listen: string): string[] {
  const what = "pid" in target ? ["attach", String(target.pid)] : ["core", target.executable, target.core];
  return [...what, "--headless", `--listen=${listen}`, "--api-version=2", "--check-go-version=false"];
}

function spawnGuarded(directory: string, dlv: string, args: readonly string[]): ChildProcess {
  return spawn("/bin/sh", ["-c", guard, "sh", directory, dlv, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C in the terminal must reach us first: we let go of the target, then end Delve.
    detached: true,
  });
}

async function mustExist(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}`, { hint: "Give --core CORE --exe BINARY.", cause });
  }
}

/** Resolves when Delve says that it listens. */
function listening(child: ChildProcess, log: DlvLog, target: DlvTarget, options: DlvOptions): Promise<void> {
  const startMs = options.startMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", interrupted);
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(
      () => settle(new InputError(`dlv did not start within ${startMs / 1000} s: ${tail(log.text)}`)),
      startMs,
    );
    const interrupted = (): void => settle(options.signal?.reason as Error);
    options.signal?.addEventListener("abort", interrupted, { once: true });
    child.once("error", (cause) => settle(new UsageError("cannot start a shell for dlv", { cause })));
    log.watch(/API server listening at: \S+\s/, settle, () =>
      settle(startFailure(log.text, target, options.dlv)),
    );
  });
}

/** Says why Delve ended. */
function startFailure(log: string, target: DlvTarget, dlv: string | undefined): Error {
  if (/(?:not found|No such file or directory|[Pp]ermission denied)\s*$/.test(log) && /^\S*sh: /.test(log))
    return new UsageError(
      `cannot run ${dlv ?? "dlv, Delve's command,"}${dlv === undefined ? " which is not in PATH" : ""}`,
      {
        hint: "Install it with `go install github.com/go-delve/delve/cmd/dlv@latest`, or name it with --dlv PATH.",
      },
    );
  const reason = tail(log);
  if ("core" in target)
    return new InputError(`dlv can't read the core ${target.core} with ${target.executable}: ${reason}`, {
      hint: "The executable must be the very one that made the core, built for this system, with its symbols.",
    });
  const hint = /already being debugged/i.test(log)
    ? "Only one debugger can be attached: end the other, or give its address with --delve."
    : /not permitted|permission denied/i.test(log)
      ? "Run as the process's user; /proc/sys/kernel/yama/ptrace_scope must be 0 or you root, " +
        "and a container needs CAP_SYS_PTRACE."
      : "Check that the process runs, and that it is a Go program.";
  return new InputError(`dlv can't attach to process ${target.pid}: ${reason}`, { hint });
}

function tail(log: string): string {
  const lines = log
    .trim()
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("API server listening"));
  return lines.slice(-3).join("; ").slice(-500) || "it said nothing";
}

/** Interrupts Delve through the guard, kills it when it does not listen. */
function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      resolve();
      return;
    }
    const kill = setTimeout(() => {
      // The group that `detached` made: the guard and Delve.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, 6_000);
    child.once("exit", () => {
      clearTimeout(kill);
      resolve();
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end();
  });
}
