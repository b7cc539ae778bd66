import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../src/collect/connection-error.ts";
import { DumpFile } from "../../src/collect/dump-file.ts";
import { defaultHttpLimits } from "../../src/collect/limits.ts";
import { collectPprof, type PprofOptions, type PprofResult } from "../../src/collect/pprof.ts";
import { parsePprofTarget } from "../../src/collect/target.ts";
import { countedText, httpServer, pprofServer, tcpServer, temporaryDirectory, traceback } from "./servers.ts";

const options: PprofOptions = {
  limits: { ...defaultHttpLimits, connectMs: 1_000, answerMs: 300, idleMs: 300, totalMs: 2_000 },
  debug2Goroutines: 50_000,
  leak: true,
  retries: 0,
};

async function collect(
  url: string,
  changes: Partial<PprofOptions> = {},
): Promise<{ result: PprofResult; files: string[]; text: string }> {
  const directory = temporaryDirectory();
  const result = await collectPprof(parsePprofTarget(url), { ...options, ...changes }, (kind, extension) =>
    DumpFile.create(directory, `${kind}.${extension}`),
  );
  const files = readdirSync(directory);
  return { result, files, text: readFileSync(join(directory, files[0]!), "utf8") };
}

/** What is thrown, with the proof that no file is left. */
async function failure(url: string, changes: Partial<PprofOptions> = {}): Promise<ConnectionError> {
  const directory = temporaryDirectory();
  const taking = collectPprof(parsePprofTarget(url), { ...options, ...changes }, (kind, extension) =>
    DumpFile.create(directory, `${kind}.${extension}`),
  );
  const error = await taking.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ConnectionError);
  expect(readdirSync(directory)).toEqual([]);
  return error as ConnectionError;
}

describe("what is taken", () => {
  test("the cheap profile first, then the full one of a small server", async () => {
    const server = await pprofServer({ "goroutine?debug=1": countedText(3), "goroutine?debug=2": traceback });
    const { result, files, text } = await collect(`http://127.0.0.1:${server.port}`);
    expect(server.asked).toEqual(["goroutine?debug=1", "goroutineleak?debug=2", "goroutine?debug=2"]);
    expect(files).toEqual(["goroutine-debug2.txt"]);
    expect(text).toBe(traceback);
    expect(result.goroutines).toBe(3);
    expect(result.requests.map((r) => r.profile)).toEqual(["goroutine?debug=1", "goroutine?debug=2"]);
    for (const r of result.requests) expect(r.totalMs).toBeGreaterThanOrEqual(r.answerMs);
  });

  test("the leak profile's debug=2 stands for the full dump", async () => {
    const leaked = traceback.replace("receive", "receive (leaked)");
    const server = await pprofServer({
      "goroutine?debug=1": countedText(3),
      "goroutineleak?debug=2": leaked,
    });
    const { files, text } = await collect(`http://127.0.0.1:${server.port}`);
    expect(files).toEqual(["goroutineleak-debug2.txt"]);
    expect(text).toBe(leaked);
  });

  test("only the cheap binary form of a large server, with a note", async () => {
    const proto = gzipSync("x");
    const server = await pprofServer({
      "goroutine?debug=1": countedText(50_001),
      "goroutine?debug=0": proto,
    });
    const { result, files } = await collect(`http://127.0.0.1:${server.port}`);
    expect(files).toEqual(["goroutine-debug0.pb.gz"]);
    expect(server.asked).not.toContain("goroutine?debug=2");
    expect(result.notes.join()).toContain("50,001 goroutines are more than 50,000");
  });

  test("debug=1 when the server gives no more", async () => {
    const server = await pprofServer({
      "goroutine?debug=1": countedText(3),
      "goroutine?debug=2": () => undefined,
    });
    const { result, files } = await collect(`http://127.0.0.1:${server.port}`);
    expect(files).toEqual(["goroutine-debug1.txt"]);
    expect(result.notes.join()).toContain("took only debug=1");
  });

  test("the form asked for, and nothing else", async () => {
    const server = await pprofServer({ "goroutine?debug=2": traceback });
    await collect(`http://127.0.0.1:${server.port}`, { debug: 2, leak: false });
    expect(server.asked).toEqual(["goroutine?debug=2"]);
  });

  test("again, after a failure that passes", async () => {
    let tries = 0;
    const server = await pprofServer({
      "goroutine?debug=1": (_, response) =>
        tries++ === 0 ? response.writeHead(503).end("no healthy upstream") : response.end(countedText(1)),
      "goroutine?debug=2": traceback,
    });
    const { files } = await collect(`http://127.0.0.1:${server.port}`, { retries: 1 });
    expect(files).toEqual(["goroutine-debug2.txt"]);
  });

  test("through a unix socket, in both notations", async () => {
    const socket = join(temporaryDirectory(), "app.sock");
    await pprofServer({ "goroutine?debug=1": countedText(1), "goroutine?debug=2": traceback }, socket);
    for (const url of [
      `unix://${socket}:/debug/pprof/`,
      `unix://${socket}`,
      `http+unix://${encodeURIComponent(socket)}/debug/pprof/`,
    ]) {
      expect((await collect(url)).text).toBe(traceback);
    }
  });

  test("what a proxy compressed, unpacked", async () => {
    const server = await pprofServer({
      "goroutine?debug=2": (_, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(traceback)),
    });
    expect((await collect(`http://127.0.0.1:${server.port}`, { debug: 2, leak: false })).text).toBe(
      traceback,
    );
  });

  test("after a redirect on the same server", async () => {
    const port = await httpServer((request, response) => {
      if (request.url === "/x/pprof/goroutine?debug=2")
        response.writeHead(301, { location: "/y/pprof/goroutine?debug=2" }).end();
      else if (request.url === "/y/pprof/goroutine?debug=2") response.end(traceback);
      else response.writeHead(404).end();
    });
    expect((await collect(`http://127.0.0.1:${port}/x/pprof/`, { debug: 2, leak: false })).text).toBe(
      traceback,
    );
  });
});

describe("servers that give no dump", () => {
  test("nothing listens", async () => {
    const error = await failure("http://127.0.0.1:1/");
    expect(error.message).toContain("nothing listens there");
    expect(error.mayPass).toBe(true);
  });

  test("pprof is not mounted", async () => {
    const port = await httpServer((_, response) => response.writeHead(404).end("404 page not found"));
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(error.message).toContain("no pprof there (HTTP 404)");
    expect(error.hint).toContain('import _ "net/http/pprof"'.slice(7));
  });

  test("a redirect to a login page, whose query stays unknown", async () => {
    const port = await httpServer((_, response) =>
      response.writeHead(302, { location: "https://sso.example.com/login?state=SECRET" }).end(),
    );
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(error.message).toContain("redirects to https://sso.example.com/login");
    expect(error.message).not.toContain("SECRET");
  });

  test("a login page with status 200", async () => {
    const port = await httpServer((_, response) => response.end("<!DOCTYPE html><title>Sign in</title>"));
    expect((await failure(`http://127.0.0.1:${port}/`)).message).toContain("a web page, not a profile");
  });

  test("credentials are missing", async () => {
    const port = await httpServer((_, response) => response.writeHead(401).end());
    expect((await failure(`http://127.0.0.1:${port}/`)).hint).toContain("--auth");
  });

  test("something else than a profile", async () => {
    const port = await httpServer((_, response) => response.end("hello"));
    expect((await failure(`http://127.0.0.1:${port}/`)).message).toContain("no goroutine profile");
  });

  test("an empty answer", async () => {
    const port = await httpServer((_, response) => response.end());
    expect((await failure(`http://127.0.0.1:${port}/`)).message).toContain("no goroutine profile");
  });

  test("a server that accepts and never answers needs SIGQUIT or a debugger", async () => {
    const port = await tcpServer(() => undefined);
    const error = await failure(`http://127.0.0.1:${port}/`, { retries: 2 });
    expect(error.message).toContain("did not answer within 0.3 s");
    expect(error.hint).toContain("kill -QUIT");
    expect(error.hint).toContain("--pid");
  });

  test("an endless answer", async () => {
    const port = await httpServer((_, response) => {
      response.write(countedText(1));
      const more = () => {
        while (response.write(Buffer.alloc(65_536, "x")));
        response.once("drain", more);
      };
      more();
    });
    const limits = { ...options.limits, maxBytes: 1_000_000 };
    const error = await failure(`http://127.0.0.1:${port}/`, { limits });
    expect(error.message).toContain("sends more than 1000000 bytes");
  });

  test("a compressed answer that grows without end", async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from(traceback), Buffer.alloc(5_000_000)]));
    const port = await httpServer((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
    );
    const limits = { ...options.limits, maxBytes: 1_000_000 };
    const error = await failure(`http://127.0.0.1:${port}/`, { limits, debug: 2, leak: false });
    expect(error.failure).toBe("too-large");
  });

  test("an answer that drips", async () => {
    const port = await httpServer((_, response) => {
      response.write(countedText(1));
      const drip = setInterval(() => response.write("x"), 50);
      response.on("close", () => clearInterval(drip));
    });
    const error = await failure(`http://127.0.0.1:${port}/`, { limits: { ...options.limits, totalMs: 500 } });
    expect(error.message).toContain("did not finish within 0.5 s");
  });

  test("headers that drip", async () => {
    const port = await tcpServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const drip = setInterval(() => socket.write("x"), 50);
      socket.on("close", () => clearInterval(drip));
    });
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(error.failure).toBe("unanswered");
  });

  test("an answer that stops", async () => {
    const port = await httpServer((_, response) => response.write(countedText(1)));
    expect((await failure(`http://127.0.0.1:${port}/`)).message).toContain("sent nothing more for 0.3 s");
  });

  test("a socket that is closed in the middle", async () => {
    const port = await tcpServer((socket) => {
      socket.once("data", () =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${countedText(1)}`),
      );
    });
    expect((await failure(`http://127.0.0.1:${port}/`)).message).toMatch(/connection broke after \d+ bytes/);
  });

  test("a socket that is half closed before the answer", async () => {
    const port = await tcpServer((socket) => socket.end());
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(error.message).toContain("closed the connection without answering");
    expect(error.hint).toContain("--delve");
  });

  test("Delve, which answers JSON", async () => {
    const port = await tcpServer((socket) => {
      socket.once("data", () => socket.end('{"id":null,"result":null,"error":"invalid"}\n'));
    });
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(error.message).toContain("as a debugger sends");
    expect(error.hint).toContain("--delve");
  });
});

describe("TLS", () => {
  const directory = temporaryDirectory();
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=example.test", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", join(directory, "key.pem"), "-out", join(directory, "cert.pem")],
  ]);
  const key = made.status === 0 ? readFileSync(join(directory, "key.pem"), "utf8") : "";
  const cert = made.status === 0 ? readFileSync(join(directory, "cert.pem"), "utf8") : "";

  async function withServer(run: (port: number) => Promise<void>): Promise<void> {
    const server = createServer({ key, cert }, (_, response) => response.end(traceback));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await run((server.address() as AddressInfo).port).finally(() => {
      server.closeAllConnections();
      server.close();
    });
  }

  const full: Partial<PprofOptions> = { debug: 2, leak: false };

  test.skipIf(cert === "")("an unknown authority is refused, a given one trusted, any only when asked", () =>
    withServer(async (port) => {
      const url = `https://127.0.0.1:${port}/`;
      const error = await failure(url, full);
      expect(error.message).toContain("certificate is not trusted (self-signed)");
      expect(error.hint).toContain("--ca");
      expect((await collect(url, { ...full, tls: { ca: cert } })).text).toBe(traceback);
      expect((await collect(url, { ...full, tls: { insecure: true } })).text).toBe(traceback);
      const wrongName = await failure(`https://localhost:${port}/`, { ...full, tls: { ca: cert } });
      expect(wrongName.message).toMatch(/made for another host name|nothing listens/);
    }),
  );

  test.skipIf(cert === "")("http:// on a TLS port, https:// on a plain one", async () => {
    await withServer(async (port) => {
      expect((await failure(`http://127.0.0.1:${port}/`)).message).toMatch(/TLS|closed the connection/);
    });
    const plain = await httpServer((_, response) => response.end(traceback));
    const error = await failure(`https://127.0.0.1:${plain}/`);
    expect(error.message).toContain("the port speaks no TLS");
    expect(error.hint).toBe("Use http:// for it.");
  });

  test("Go's own answer to plain HTTP on a TLS port", async () => {
    const port = await tcpServer((socket) => {
      socket.once("data", () =>
        socket.end("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
      );
    });
    expect((await failure(`http://127.0.0.1:${port}/`)).hint).toBe("Use https:// for it.");
  });
});
