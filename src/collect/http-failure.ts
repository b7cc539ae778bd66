import type { IncomingMessage } from "node:http";
import { KnownError } from "../errors.ts";
import { plural } from "../words.ts";
import { ConnectionError } from "./connection-error.ts";
import { addressOfTarget, type PprofTarget } from "./target.ts";

const certificateErrors =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;

interface SystemError {
  readonly code?: string;
  readonly message?: string;
  /** What the server sent, when it was no HTTP. */
  readonly rawPacket?: Uint8Array;
}

/**
 * Words for what went wrong below HTTP. Node's own messages stay out: they may quote what must not be shown.
 * @param received bytes of the body that had come; undefined before the answer began
 */
export function describeHttpError(
  error: unknown,
  target: PprofTarget,
  profile: string,
  received?: number,
): Error {
  if (error instanceof KnownError) return error;
  const { code = "", message = "", rawPacket } = error as SystemError;
  const address = addressOfTarget(target, profile);
  if (code.startsWith("HPE_")) return noHttp(address, rawPacket);
  if (certificateErrors.test(code))
    return new ConnectionError(
      "forbidden",
      `${address}: the server's certificate is not trusted (${certificateReason(code)})`,
      "Give the certificate authority with --ca FILE; --insecure accepts any certificate.",
    );
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) return tlsFailure(address, message);
  const known = connectionFailure(code, address, target);
  if (known !== undefined) return known;
  if (received !== undefined)
    return new ConnectionError(
      "broken",
      `${address}: the connection broke after ${plural(received, "byte")} of the answer`,
      "The process may have died or been restarted meanwhile; try again.",
    );
  if (code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED")
    return new ConnectionError(
      "broken",
      `${address}: the server closed the connection without answering`,
      "Is it an HTTP server? A debugger's port takes --delve HOST:PORT, a TLS port https://.",
    );
  return new ConnectionError("broken", `${address}: the request failed${code === "" ? "" : ` (${code})`}`);
}

function connectionFailure(code: string, address: string, target: PprofTarget): ConnectionError | undefined {
  switch (code) {
    case "ECONNREFUSED":
      return new ConnectionError(
        "refused",
        `${address}: nothing listens there`,
        "Check host and port, that the process runs, and that a port-forward still stands.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ConnectionError(
        code === "EAI_AGAIN" ? "refused" : "missing",
        `${address}: the host name ${target.host} is not known`,
        "Check the spelling, or use the address.",
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return new ConnectionError(
        "refused",
        `${address}: the host can't be reached`,
        "Check the address and what lies between (firewall, VPN, port-forward).",
      );
    case "ENOENT":
      return new ConnectionError(
        "missing",
        `${address}: there is no such socket`,
        "Check the socket's path; write unix:///path/to/socket:/debug/pprof/.",
      );
    case "EACCES":
    case "EPERM":
      return new ConnectionError(
        "forbidden",
        `${address}: no permission to connect`,
        "Run as a user who may use the socket.",
      );
    default:
      return undefined;
  }
}

function certificateReason(code: string): string {
  if (code.includes("SELF_SIGNED")) return "self-signed";
  if (code === "CERT_HAS_EXPIRED") return "expired";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")
    return "made for another host name";
  return "unknown authority";
}

function tlsFailure(address: string, message: string): ConnectionError {
  if (/wrong version number|packet length too long|unknown protocol|http request/i.test(message))
    return new ConnectionError("not-mine", `${address}: the port speaks no TLS`, "Use http:// for it.");
  if (/handshake failure|certificate required|bad certificate/i.test(message))
    return new ConnectionError(
      "forbidden",
      `${address}: the server refused the TLS handshake`,
      "It may want a client certificate; forward the port from inside instead.",
    );
  return new ConnectionError(
    "not-mine",
    `${address}: TLS can't be agreed on`,
    "Check that the port is the right one.",
  );
}

function noHttp(address: string, raw: Uint8Array | undefined): ConnectionError {
  const tls = raw !== undefined && raw[0] === 0x15 && raw[1] === 3;
  if (tls) return new ConnectionError("not-mine", `${address}: the port speaks TLS`, "Use https:// for it.");
  const json = raw !== undefined && raw[0] === 0x7b;
  return new ConnectionError(
    "not-mine",
    `${address}: the answer is not HTTP${json ? " but JSON, as a debugger sends" : ""}`,
    "Check the port; Delve's port takes --delve HOST:PORT.",
  );
}

/** Most of an answer's body that is looked at for a reason. */
const maxReason = 512;

/** Words for an answer other than 200. */
export async function refuseStatus(
  response: IncomingMessage,
  target: PprofTarget,
  profile: string,
): Promise<never> {
  const status = response.statusCode ?? 0;
  const address = addressOfTarget(target, profile);
  if (status >= 300 && status <= 399) throw redirected(response, address);
  if (status === 401 || status === 403 || status === 407)
    throw new ConnectionError(
      "forbidden",
      `${address}: the server wants credentials, or refuses these (HTTP ${status})`,
      "Give them with --auth USER:PASSWORD or --header 'Authorization: …', or forward the port from inside.",
    );
  const body = await firstText(response);
  if (status === 400 && /HTTP request to an HTTPS server/i.test(body))
    throw new ConnectionError("not-mine", `${address}: the port speaks TLS`, "Use https:// for it.");
  if (status === 404 && /unknown profile/i.test(body))
    throw new ConnectionError("missing", `${address}: this server has no such profile`);
  if (status === 404 || status === 405)
    throw new ConnectionError(
      "missing",
      `${address}: no pprof there (HTTP ${status})`,
      'Import _ "net/http/pprof" and serve http.DefaultServeMux, or give the path where it is mounted; ' +
        "`kill -QUIT PID` and `deadlock-lint collect --pid PID` need no pprof.",
    );
  if (status === 408 || status === 429 || status >= 500)
    throw new ConnectionError(
      "busy",
      `${address}: the server answers HTTP ${status}`,
      "A proxy before it may say that the process itself no longer answers; ask the process directly, " +
        "or use `kill -QUIT PID` or `deadlock-lint collect --pid PID`.",
    );
  throw new ConnectionError("not-mine", `${address}: the server answers HTTP ${status}`, "Check the URL.");
}

function redirected(response: IncomingMessage, address: string): ConnectionError {
  const location = response.headers.location ?? "";
  const to = URL.canParse(location, address.replace(/^unix:.*/, "http://localhost/"))
    ? new URL(location, address.replace(/^unix:.*/, "http://localhost/"))
    : undefined;
  const where = to === undefined ? "elsewhere" : `to ${to.protocol}//${to.host}${to.pathname}`;
  response.destroy();
  return new ConnectionError(
    "forbidden",
    `${address}: the server redirects ${where}, which is no profile; most likely a login page`,
    "Give credentials with --header 'Authorization: …' or --header 'Cookie: …', or ask the process directly.",
  );
}

async function firstText(response: IncomingMessage): Promise<string> {
  let text = "";
  const giveUp = setTimeout(() => response.destroy(), 2_000);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString("latin1");
      if (text.length > maxReason) break;
    }
  } catch {
    // The status alone says enough.
  } finally {
    clearTimeout(giveUp);
    response.destroy();
  }
  return text.slice(0, maxReason);
}
