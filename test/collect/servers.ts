import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "deadlock-lint-test-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function listen(server: Server | TcpServer, path?: string): Promise<number> {
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve),
  );
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

/** An HTTP server on a free port, or on a socket; answers its port. */
export async function httpServer(listener: RequestListener, path?: string): Promise<number> {
  const server = createServer(listener);
  const port = await listen(server, path);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return port;
}

/** A TCP server that does what `talk` does with each connection; answers its port. */
export async function tcpServer(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    talk(socket);
  });
  const port = await listen(server);
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

export const traceback = "goroutine 1 [chan receive]:\nmain.main()\n\t/src/main.go:5 +0x1d\n";
export const countedText = (total: number): string =>
  `goroutine profile: total ${total}\n${total} @ 0x1 0x2\n#\t0x1\tmain.main+0x1d\t/src/main.go:5\n`;

/** What a fake pprof server answers, by `goroutine?debug=2` and the like; the rest is an unknown profile. */
export type PprofAnswers = Readonly<
  Record<string, string | Buffer | ((request: IncomingMessage, response: ServerResponse) => void)>
>;

/** A server with pprof under /debug/pprof/; answers its port and the requests it got. */
export async function pprofServer(
  answers: PprofAnswers,
  path?: string,
): Promise<{ port: number; asked: string[]; headers: IncomingMessage["headers"][] }> {
  const asked: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const port = await httpServer((request, response) => {
    const profile = (request.url ?? "").replace("/debug/pprof/", "");
    asked.push(profile);
    headers.push(request.headers);
    const answer = Object.hasOwn(answers, profile) ? answers[profile] : undefined;
    if (answer === undefined) response.writeHead(404).end("Unknown profile\n");
    else if (typeof answer === "function") answer(request, response);
    else response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(answer);
  }, path);
  return { port, asked, headers };
}
