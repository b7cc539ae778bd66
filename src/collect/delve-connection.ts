import { connect, type Socket } from "node:net";
import { ConnectionError } from "./connection-error.ts";
import type { DelveLimits } from "./limits.ts";
import { type Endpoint, endpointName } from "./target.ts";

export interface DelveRequest {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly id: number;
}

/** An answer, as it came and parsed. Integers over 2^53 are exact only in `text`. */
export interface DelveReply {
  readonly request: DelveRequest;
  /** The whole answer as Delve wrote it, without the line end. */
  readonly text: string;
  readonly result: unknown;
  /** Delve's error message; null when it answered. */
  readonly error: string | null;
}

interface Pending {
  readonly request: DelveRequest;
  readonly resolve: (reply: DelveReply) => void;
  readonly reject: (error: Error) => void;
}

/** A JSON-RPC 1.0 connection to `dlv --headless`: one JSON object a line each way, answers matched by id. */
export class DelveConnection {
  readonly name: string;
  /** Requests sent so far. */
  requests = 0;
  readonly #socket: Socket;
  readonly #limits: DelveLimits;
  readonly #pending = new Map<number, Pending>();
  #chunks: Buffer[] = [];
  #buffered = 0;
  #answered = false;
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, name: string, limits: DelveLimits) {
    this.#socket = socket;
    this.name = name;
    this.#limits = limits;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => this.#fail(this.#closed()));
    socket.on("close", () => this.#fail(this.#closed()));
  }

  /** @throws ConnectionError when nothing listens there */
  static connect(endpoint: Endpoint, limits: DelveLimits): Promise<DelveConnection> {
    const name = endpointName(endpoint);
    return new Promise((resolve, reject) => {
      const socket = connect("socketPath" in endpoint ? { path: endpoint.socketPath } : endpoint);
      const refuse = (failure: "refused" | "missing", what: string) => {
        socket.destroy();
        reject(
          new ConnectionError(
            failure,
            `${name}: ${what}`,
            "Start Delve with `dlv attach PID --headless --listen=HOST:PORT`, or let --pid or --core start it.",
          ),
        );
      };
      socket.setTimeout(limits.connectMs, () =>
        refuse("refused", `did not accept a connection within ${limits.connectMs / 1000} s`),
      );
      socket.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") refuse("refused", "nothing listens there");
        else if (error.code === "ENOENT") refuse("missing", "there is no such socket");
        else if (error.code === "ENOTFOUND") refuse("missing", "the host name is not known");
        else refuse("refused", `can't be reached${error.code === undefined ? "" : ` (${error.code})`}`);
      });
      socket.once("connect", () => {
        socket.setTimeout(0);
        socket.removeAllListeners("error");
        socket.setNoDelay(true);
        resolve(new DelveConnection(socket, name, limits));
      });
    });
  }

  /**
   * Sends a request; many may be on their way at once.
   * @throws ConnectionError when the connection breaks or what answers is no Delve; Delve's own errors are replies
   */
  call(method: string, ...params: readonly unknown[]): Promise<DelveReply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const request: DelveRequest = { method: `RPCServer.${method}`, params, id: ++this.requests };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { request, resolve, reject });
      // A DAP server waits for the end of a header, and gives up on ours; white space is nothing to JSON-RPC.
      this.#socket.write(`${JSON.stringify(request)}${request.id === 1 ? "\r\n\r\n" : "\n"}`);
      this.#arm();
    });
  }

  /** Sends a request whose answer, which comes only when the target stops again, nobody waits for. */
  send(method: string, ...params: readonly unknown[]): Promise<void> {
    const request: DelveRequest = { method: `RPCServer.${method}`, params, id: ++this.requests };
    return new Promise((resolve) => {
      this.#socket.write(`${JSON.stringify(request)}\n`, () => resolve());
    });
  }

  close(): void {
    this.#fail(this.#closed());
    this.#socket.destroy();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#pending.size === 0) return;
    const { greetMs, idleMs } = this.#limits;
    const ms = this.#answered ? idleMs : greetMs;
    this.#timer = setTimeout(() => this.#fail(this.#silent(ms)), ms);
  }

  #receive(chunk: Buffer): void {
    if (!this.#answered && this.#buffered === 0 && chunk[0] !== 0x7b) {
      this.#fail(notDelve(this.name, chunk));
      return;
    }
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#chunks.push(rest.subarray(0, end));
      const line = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [];
      this.#buffered = 0;
      if (line.length > 0) this.#answer(line.toString("utf8"));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#buffered += rest.length;
    }
    if (this.#buffered > this.#limits.maxReplyBytes)
      this.#fail(
        new ConnectionError(
          "too-large",
          `${this.name}: an answer is larger than ${this.#limits.maxReplyBytes} bytes`,
          "Is it a Delve server?",
        ),
      );
    else this.#arm();
  }

  #answer(text: string): void {
    let reply: unknown;
    try {
      reply = JSON.parse(text);
    } catch {
      this.#fail(notDelve(this.name, Buffer.from(text.slice(0, 100))));
      return;
    }
    const { id, result, error } = reply as { id?: unknown; result?: unknown; error?: unknown };
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    this.#answered = true;
    this.#pending.delete(pending.request.id);
    pending.resolve({
      request: pending.request,
      text,
      result,
      error: typeof error === "string" ? error : null,
    });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #closed(): ConnectionError {
    if (this.#answered)
      return new ConnectionError(
        "broken",
        `${this.name}: Delve closed the connection`,
        "The target may have ended, or another client ended Delve; see Delve's own output.",
      );
    return new ConnectionError(
      "broken",
      `${this.name}: closed the connection without answering Delve's JSON-RPC`,
      "`dlv dap` can't be used: start `dlv attach PID --headless`. A Delve that already serves one client " +
        "takes another only with --accept-multiclient. For a pprof server use --pprof.",
    );
  }

  #silent(ms: number): ConnectionError {
    return new ConnectionError(
      "unanswered",
      `${this.name}: no answer for ${ms / 1000} s`,
      this.#answered
        ? "Delve may be busy with another client, or the target runs and can't be halted."
        : "Check that a Delve server (`dlv … --headless`) listens there; another client may occupy it.",
    );
  }
}

/** Names what answered instead. */
function notDelve(name: string, head: Buffer): ConnectionError {
  const text = head.toString("latin1", 0, 100);
  if (text.startsWith("HTTP/"))
    return new ConnectionError(
      "not-mine",
      `${name}: an HTTP server answers there, not Delve`,
      `For its goroutine profile use --pprof http://${name}/debug/pprof/.`,
    );
  if (/^Content-Length:/i.test(text))
    return new ConnectionError(
      "not-mine",
      `${name}: this is a DAP server (\`dlv dap\`), which has no JSON-RPC`,
      "Start `dlv attach PID --headless --listen=HOST:PORT` instead.",
    );
  if (head[0] === 0x15)
    return new ConnectionError(
      "not-mine",
      `${name}: a TLS server answers there, not Delve`,
      "Check the port.",
    );
  return new ConnectionError("not-mine", `${name}: what answers there is not Delve`, "Check the port.");
}
