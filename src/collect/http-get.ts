import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import { createGunzip } from "node:zlib";
import { ConnectionError } from "./connection-error.ts";
import { describeHttpError, refuseStatus } from "./http-failure.ts";
import type { HttpLimits } from "./limits.ts";
import { addressOfTarget, type PprofTarget } from "./target.ts";

export interface TlsOptions {
  /** PEM certificates to trust beside the system's. */
  readonly ca?: string;
  /** Accept any certificate; only when the user asks for it. */
  readonly insecure?: boolean;
}

/** One request as it went. */
export interface HttpTiming {
  /** Path and query: `goroutine?debug=2`. */
  readonly profile: string;
  /** From the sent request to the first byte: the server's own time, with the pause of its world. */
  readonly answerMs: number;
  /** From the start, connecting included, to the last byte. */
  readonly totalMs: number;
  readonly bytes: number;
}

/** Takes the bytes of an answer; the first call decides whether it is what was asked for, by throwing. */
export type ChunkSink = (chunk: Uint8Array) => Promise<void> | void;

const maxRedirects = 3;

/**
 * Gets one profile and hands its bytes on as they come.
 * Redirects are followed only on the same host, so that credentials go nowhere else.
 * @throws ConnectionError when there is no whole answer with status 200 within the limits
 */
export async function httpGet(
  target: PprofTarget,
  profile: string,
  options: { readonly limits: HttpLimits; readonly tls?: TlsOptions; readonly signal?: AbortSignal },
  sink: ChunkSink,
): Promise<HttpTiming> {
  const started = performance.now();
  const exchange = new Exchange(target, profile, options.limits, options.tls ?? {}, options.signal);
  try {
    let path = target.path + profile;
    for (let hops = 0; ; hops++) {
      const response = await exchange.send(path);
      const next = hops < maxRedirects ? sameHostRedirect(response, target, path) : undefined;
      if (next !== undefined) {
        response.destroy();
        path = next;
        continue;
      }
      if (response.statusCode !== 200) await refuseStatus(response, target, profile);
      const bytes = await exchange.receive(response, sink);
      return {
        profile,
        answerMs: Math.round(exchange.answerMs),
        totalMs: Math.round(performance.now() - started),
        bytes,
      };
    }
  } finally {
    exchange.close();
  }
}

/** Path of a redirect that stays on the server: `/debug/pprof` to `/debug/pprof/`, say. */
function sameHostRedirect(response: IncomingMessage, target: PprofTarget, path: string): string | undefined {
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  if (status < 300 || status > 399 || location === undefined) return undefined;
  const origin = `${target.secure ? "https" : "http"}://${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
  if (!URL.canParse(location, origin + path)) return undefined;
  const next = new URL(location, origin + path);
  const leaves = next.origin !== new URL(origin).origin || !next.pathname.includes("pprof");
  return leaves ? undefined : next.pathname + next.search;
}

/** One request with its timers. Whatever ends it, ends all of it. */
class Exchange {
  answerMs = 0;
  readonly #target: PprofTarget;
  readonly #profile: string;
  readonly #limits: HttpLimits;
  readonly #tls: TlsOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #total: NodeJS.Timeout;
  #phase: NodeJS.Timeout | undefined;
  #destroy: (error: Error) => void = () => undefined;
  #expired: ConnectionError | undefined;

  constructor(
    target: PprofTarget,
    profile: string,
    limits: HttpLimits,
    tls: TlsOptions,
    signal: AbortSignal | undefined,
  ) {
    this.#target = target;
    this.#profile = profile;
    this.#limits = limits;
    this.#tls = tls;
    this.#signal = signal;
    this.#total = setTimeout(
      () => this.#expire("slow", `did not finish within ${seconds(limits.totalMs)}`),
      limits.totalMs,
    );
  }

  #expire(failure: "refused" | "unanswered" | "slow", what: string): void {
    const address = addressOfTarget(this.#target, this.#profile);
    const hint =
      failure === "unanswered"
        ? "It accepts connections but does not serve them: it may be hung beyond its HTTP handlers. " +
          "`kill -QUIT PID` makes it print all goroutines to stderr and end; " +
          "`deadlock-lint collect --pid PID` reads them with a debugger and lets it live."
        : failure === "slow"
          ? "Give it more time with --timeout, or collect less with --debug 1."
          : "Check the address and what lies between (firewall, VPN, port-forward).";
    this.#expired = new ConnectionError(failure, `${address} ${what}`, hint);
    this.#destroy(this.#expired);
  }

  #arm(ms: number, failure: "refused" | "unanswered" | "slow", what: string): void {
    clearTimeout(this.#phase);
    this.#phase = setTimeout(() => this.#expire(failure, what), ms);
  }

  async send(path: string): Promise<IncomingMessage> {
    const { connectMs, answerMs } = this.#limits;
    this.#arm(connectMs, "refused", `did not accept a connection within ${seconds(connectMs)}`);
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const request = (this.#target.secure ? httpsRequest : httpRequest)(
          this.#request(path),
          (response) => {
            this.answerMs = performance.now() - sent;
            resolve(response);
          },
        );
        let sent = performance.now();
        this.#destroy = (error) => request.destroy(error);
        request.on("error", reject);
        request.on("socket", (socket) => {
          socket.once(this.#target.secure ? "secureConnect" : "connect", () => {
            sent = performance.now();
            this.#arm(answerMs, "unanswered", `did not answer within ${seconds(answerMs)}`);
          });
        });
        request.end();
      });
    } catch (error) {
      throw this.#reason(error);
    }
  }

  #request(path: string): RequestOptions & { ca?: string[]; rejectUnauthorized?: boolean } {
    const { host, port, socketPath, headers } = this.#target;
    const { ca, insecure } = this.#tls;
    return {
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      path,
      agent: false,
      headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "deadlock-lint", ...headers },
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ...(insecure === true ? { rejectUnauthorized: false } : {}),
    };
  }

  /** Streams the body; answers its length, decompressed. */
  async receive(response: IncomingMessage, sink: ChunkSink): Promise<number> {
    const { idleMs, maxBytes } = this.#limits;
    const address = addressOfTarget(this.#target, this.#profile);
    const waitForMore = () => this.#arm(idleMs, "slow", `sent nothing more for ${seconds(idleMs)}`);
    const body = decoded(response);
    this.#destroy = (error) => body.destroy(error);
    let bytes = 0;
    try {
      waitForMore();
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        clearTimeout(this.#phase);
        bytes += chunk.length;
        if (bytes > maxBytes)
          throw new ConnectionError(
            "too-large",
            `${address} sends more than ${maxBytes} bytes`,
            "Raise the limit with --max-bytes, or collect less with --debug 1.",
          );
        await sink(chunk);
        waitForMore();
      }
    } catch (error) {
      throw this.#reason(error, bytes);
    }
    return bytes;
  }

  /** Why the request failed: the user, a timer of ours, or what the system says. */
  #reason(error: unknown, received?: number): unknown {
    if (this.#signal?.aborted) return this.#signal.reason;
    return this.#expired ?? describeHttpError(error, this.#target, this.#profile, received);
  }

  close(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#phase);
    this.#destroy(new Error("closed"));
  }
}

/** A proxy may compress although it was asked not to; a profile's own gzip (debug=0) stays as it is. */
function decoded(response: IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  const gunzip = createGunzip();
  response.on("error", (error) => gunzip.destroy(error));
  response.on("aborted", () => gunzip.destroy(new Error("aborted")));
  return response.pipe(gunzip);
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
