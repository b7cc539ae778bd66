import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";

/** An HTTP server with Go's pprof endpoints. */
export interface PprofTarget {
  /** Host and port, or the socket's file name: what reports and file names call it. Never a credential. */
  readonly instance: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Unix socket, instead of host and port. */
  readonly socketPath: string | undefined;
  /** Where the profiles are, with a slash at the end: `/debug/pprof/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A listener for Delve's JSON-RPC: a TCP address or a unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** How people see an endpoint: `127.0.0.1:2345`, `unix:/tmp/dlv.sock`. */
export function endpointName(endpoint: Endpoint): string {
  if ("socketPath" in endpoint) return `unix:${endpoint.socketPath}`;
  return `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

const defaultPath = "/debug/pprof/";

/**
 * Where the profiles of a URL are. `http://host:6060`, `…/debug/pprof` and `…/debug/pprof/goroutine?debug=2` mean
 * the same; a path of another name is taken as it stands. Sockets: `unix:///run/app.sock:/debug/pprof/` or
 * `http+unix://%2Frun%2Fapp.sock/debug/pprof/`.
 * @throws UsageError for anything else; the message holds no credentials
 */
export function parsePprofTarget(text: string, headers: Readonly<Record<string, string>> = {}): PprofTarget {
  const unix = parseUnix(text);
  if (unix !== undefined) {
    const { socketPath, path } = unix;
    const instance = socketPath.slice(socketPath.lastIndexOf("/") + 1);
    return {
      instance,
      secure: false,
      host: "localhost",
      port: 0,
      socketPath,
      path: profilesPath(path),
      headers,
    };
  }
  const url = parseHttp(text);
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return {
    instance: url.port === "" ? url.hostname : url.host,
    secure,
    host,
    port,
    socketPath: undefined,
    path: profilesPath(url.pathname),
    headers: { ...credentials(url), ...headers },
  };
}

/** The address of a request, for messages: no credentials, no query but `debug`. */
export function addressOfTarget(target: PprofTarget, profile = ""): string {
  if (target.socketPath !== undefined) return `unix://${target.socketPath}:${target.path}${profile}`;
  const standard = target.port === (target.secure ? 443 : 80);
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return `${target.secure ? "https" : "http"}://${host}${standard ? "" : `:${target.port}`}${target.path}${profile}`;
}

/**
 * Targets of a file: a URL a line, `#` comments, empty lines.
 * @throws UsageError when the file can't be read, names none, or a line is no URL
 */
export async function readTargets(
  file: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<PprofTarget[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read the targets file ${file}`, {
      hint: "Give a file with one URL a line.",
      cause,
    });
  }
  const targets: PprofTarget[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const url = line.trim();
    if (url === "" || url.startsWith("#")) continue;
    try {
      targets.push(parsePprofTarget(url, headers));
    } catch (error) {
      if (error instanceof UsageError)
        throw new UsageError(
          `${file}:${index + 1}: ${error.message}`,
          error.hint === undefined ? {} : { hint: error.hint },
        );
      throw error;
    }
  }
  if (targets.length === 0)
    throw new UsageError(`${file} names no target`, { hint: "Write one URL a line." });
  return targets;
}

/**
 * `127.0.0.1:2345`, `:2345`, `[::1]:2345`, `unix:/tmp/dlv.sock`.
 * @throws UsageError for anything else
 */
export function parseEndpoint(text: string): Endpoint {
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(text);
  if (unix !== null) return { socketPath: unix[1]! };
  const tcp = /^(?:tcp:\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[2]);
  if (tcp === null || port < 1 || port > 65_535)
    throw new UsageError(`${withoutUserInfo(text)} is no address of a Delve server`, {
      hint: "Write HOST:PORT, as `dlv --headless --listen=HOST:PORT` was given, or unix:/path/to/socket.",
    });
  return { host: (tcp[1] ?? "").replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

function parseUnix(text: string): { socketPath: string; path: string } | undefined {
  const encoded = /^https?\+unix:\/\/([^/]+)(\/[^?#]*)?/.exec(text);
  if (encoded !== null) {
    try {
      return { socketPath: decodeURIComponent(encoded[1]!), path: encoded[2] ?? "/" };
    } catch {
      throw new UsageError("the socket's path in the http+unix URL is not percent-encoded text");
    }
  }
  const plain = /^unix:(?:\/\/)?(\/[^?#]*)/.exec(text);
  if (plain === null) return undefined;
  const colon = plain[1]!.lastIndexOf(":/");
  if (colon < 0) return { socketPath: plain[1]!, path: "/" };
  return { socketPath: plain[1]!.slice(0, colon), path: plain[1]!.slice(colon + 1) };
}

function parseHttp(text: string): URL {
  const bare = /^(?:localhost|[\w.-]+|\[[0-9a-fA-F:.]+\]|):\d{1,5}(?:\/|$)/.test(text);
  const full = bare ? `http://${text.startsWith(":") ? "localhost" : ""}${text}` : text;
  if (URL.canParse(full)) {
    const url = new URL(full);
    if ((url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") return url;
  }
  throw new UsageError(`${withoutUserInfo(text)} is no URL of a pprof server`, {
    hint: "Write http://HOST:PORT/debug/pprof/, https://…, or unix:///path/to/socket:/debug/pprof/.",
  });
}

/** `user:password@` in a URL becomes a header, so that it is in no address that is ever shown. */
function credentials(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const pair = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  return { authorization: basicAuthorization(pair) };
}

/** Value of the `authorization` header for `user:password`. */
export function basicAuthorization(pair: string): string {
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Text that failed to parse may still hold a password before its `@`, and a token behind its `?`. */
function withoutUserInfo(text: string): string {
  const shown = text.slice(0, 200).replace(/[?#].*$/s, "");
  const at = shown.lastIndexOf("@");
  return at < 0 ? shown : shown.slice(at + 1);
}

function profilesPath(path: string): string {
  if (path === "" || path === "/") return defaultPath;
  const base = path.replace(/(?:goroutine|goroutineleak)$/, "");
  return base.endsWith("/") ? base : `${base}/`;
}
