/** `check --pprof` against servers of all kinds, as a pipeline runs it: exit code, words, and no credential anywhere. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/report/report.ts";
import { countedText, httpServer, pprofServer, tcpServer, temporaryDirectory } from "../collect/servers.ts";
import { lockCycle, quiet, selfSend } from "./shell.ts";
import { type CliRun, startCli } from "./tools.ts";

const text = (file: string): string => readFileSync(file, "utf8");
const hung = { "goroutine?debug=1": countedText(20), "goroutine?debug=2": text(selfSend) };
const fine = { "goroutine?debug=1": countedText(7), "goroutine?debug=2": text(quiet) };

const secret = "s3cr3t-hunter2";
const encoded = Buffer.from(`ops:${secret}`).toString("base64");

interface Checked extends CliRun {
  readonly report: Report;
}

/** Runs the check with all formats; fails when a credential or a file is left anywhere. */
async function check(...args: string[]): Promise<Checked> {
  const folder = temporaryDirectory();
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const saved = (name: string): string[] => ["--format", `${name}=${join(folder, name)}`];
  const formats = ["json", "sarif", "junit", "html", "markdown", "prometheus"].flatMap(saved);
  const run = await startCli(["check", "--retries", "0", ...args, "--format", "text", ...formats], {
    env: { TMPDIR: temporary },
  });
  expect(readdirSync(temporary)).toEqual([]);
  const files = readdirSync(folder).filter((name) => name !== "tmp");
  for (const told of [run.stdout, run.stderr, files.join(" "), ...files.map((f) => text(join(folder, f)))]) {
    expect(told).not.toContain(secret);
    expect(told).not.toContain(encoded);
    expect(told).not.toContain("internal error");
  }
  const report = files.includes("json") ? (JSON.parse(text(join(folder, "json"))) as Report) : undefined;
  if (report !== undefined) expect(report.gate.exitCode).toBe(run.exitCode);
  return { ...run, report: report as Report };
}

const url = (port: number): string => `http://127.0.0.1:${port}`;

describe("a server that answers", () => {
  test("is judged by what it shows, with its own time in the report", async () => {
    const red = await check("--pprof", url((await pprofServer(hung)).port));
    expect(red.exitCode).toBe(1);
    expect(red.stdout.replace(/\s+/g, " ")).toMatch(
      /server's own time: goroutine\?debug=1 \d+ ms, goroutine\?debug=2 \d+ ms; paused for at most \d+ ms/,
    );
    expect(red.report.dumps[0]?.name).toMatch(
      /^127\.0\.0\.1_\d+\.\d{8}T\d{6}\.\d{3}Z\.goroutine-debug2\.txt$/,
    );
    expect((await check("--pprof", url((await pprofServer(fine)).port))).exitCode).toBe(0);
  });

  test("what it did not give is in the report", async () => {
    const { "goroutine?debug=1": cheap } = fine;
    const { port } = await pprofServer({ "goroutine?debug=1": cheap });
    const { report } = await check("--pprof", url(port), "--allow-partial");
    expect(report.notes.map((n) => n.message).join("\n")).toContain("took only debug=1");
  });

  test("with a baseline and budgets, like a file", async () => {
    const { port } = await pprofServer(hung);
    const baseline = join(temporaryDirectory(), "known.json");
    const written = await startCli(["baseline", "write", "--pprof", url(port), "--output", baseline]);
    expect(written.exitCode, written.stderr).toBe(0);
    expect((await check("--pprof", url(port), "--baseline", baseline)).exitCode).toBe(0);
    const over = await check("--pprof", url(port), "--baseline", baseline, "--max-goroutines", "3");
    expect(over.exitCode).toBe(1);
  });

  test("through a unix socket", async () => {
    const socket = join(temporaryDirectory(), "app.sock");
    await pprofServer(hung, socket);
    const { exitCode, report } = await check("--pprof", `unix://${socket}:/debug/pprof/`);
    expect(exitCode).toBe(1);
    expect(report.dumps[0]?.name).toMatch(/^app\.sock\./);
  });

  test("with credentials in the URL, as an option, in a header or a file of headers", async () => {
    const { port, headers } = await pprofServer(fine);
    const file = join(temporaryDirectory(), "headers");
    spawnSync("bash", ["-c", 'printf "X-Token: %s\\n" "$1" > "$2"', "bash", secret, file]);
    const target = ["--pprof", url(port)];
    expect((await check("--pprof", `http://ops:${secret}@127.0.0.1:${port}`)).exitCode).toBe(0);
    expect(headers.at(-1)?.authorization).toBe(`Basic ${encoded}`);
    expect((await check(...target, "--auth", `ops:${secret}`)).exitCode).toBe(0);
    expect(headers.at(-1)?.authorization).toBe(`Basic ${encoded}`);
    expect((await check(...target, "--header", `Authorization: Bearer ${secret}`)).exitCode).toBe(0);
    expect(headers.at(-1)?.authorization).toBe(`Bearer ${secret}`);
    expect((await check(...target, "--header", `@${file}`)).exitCode).toBe(0);
    expect(headers.at(-1)?.["x-token"]).toBe(secret);
  });
});

describe("several snapshots", () => {
  /** A server with ten goroutines more each time. */
  async function growing(): Promise<string> {
    let asked = 0;
    const one = (n: number) => `goroutine ${100 + n} [select]:\nmain.poll()\n\t/src/main.go:9 +0x1d\n\n`;
    const { port } = await pprofServer({
      "goroutine?debug=1": countedText(7),
      "goroutine?debug=2": (_, response) => {
        const more = Array.from({ length: 10 * asked++ }, (_, n) => one(n)).join("");
        response.end(`${text(quiet).trimEnd()}\n\n${more}`);
      },
    });
    return url(port);
  }

  const three = ["--snapshots", "3", "--every", "100ms"];

  test("are one series: growth is judged from the first to the last", async () => {
    const over = await check("--pprof", await growing(), ...three, "--max-growth", "19");
    expect(over.exitCode).toBe(1);
    expect(over.report.gate.reasons.join()).toMatch(/goroutines grew from 7 to 27.*main\.poll/s);
    expect((await check("--pprof", await growing(), ...three, "--max-growth", "20")).exitCode).toBe(0);
  });

  test("are one series where the last one is the leak profile", async () => {
    const leak = { ...fine, "goroutineleak?debug=2": text(quiet) };
    const run = await check("--pprof", url((await pprofServer(leak)).port), ...three, "--max-growth", "10%");
    expect(run.report.dumps.at(-1)?.name).toContain("goroutineleak-debug2");
    expect(run.exitCode, run.stdout).toBe(0);
  });

  test("a profile of the leaked goroutines alone counts in no budget, and may be empty", async () => {
    const counted = (n: number) =>
      `goroutine profile: total ${n}\n${n} @ 0x1\n#\t0x1\tmain.serve+0x1d\t/src/main.go:5\n`;
    const answers = {
      "goroutine?debug=1": counted(50),
      "goroutineleak?debug=1": "goroutineleak profile: total 0\n",
    };
    const { port } = await pprofServer(answers);
    const args = ["--pprof", url(port), "--debug", "1", ...three];
    const run = await check(...args, "--max-growth", "10%");
    expect(run.report.dumps).toHaveLength(4);
    expect(run.exitCode, run.stdout).toBe(0);
    expect((await check(...args, "--max-goroutines", "49")).exitCode).toBe(1);
  });

  test("a finding is told once, and times are told once an instance", async () => {
    const { port } = await pprofServer(hung);
    const { exitCode, report } = await check("--pprof", url(port), ...three);
    expect(exitCode).toBe(1);
    const once = await check("--pprof", url(port));
    expect(report.findings.map((f) => f.message)).toEqual(once.report.findings.map((f) => f.message));
    const times = report.notes.filter((n) => n.message.includes("3 snapshots"));
    expect(times).toHaveLength(1);
    expect(times[0]?.message).toMatch(/server's own time, at most: .*goroutine\?debug=2 \d+ ms/);
  });

  test("end with the first finding when asked", async () => {
    let asked = 0;
    const { port } = await pprofServer({
      "goroutine?debug=1": countedText(7),
      "goroutine?debug=2": (_, response) => response.end(text(++asked < 2 ? quiet : lockCycle)),
    });
    const args = ["--pprof", url(port), "--snapshots", "50", "--every", "100ms", "--until-finding"];
    const { exitCode, report } = await check(...args);
    expect(exitCode).toBe(1);
    expect(report.dumps).toHaveLength(2);
  });
});

describe("several instances", () => {
  test("one dead instance does not lose the others, and makes the code 3", async () => {
    const { port } = await pprofServer(hung);
    const run = await check("--pprof", url(1), "--pprof", url(port), "--snapshots", "2", "--every", "100ms");
    expect(run.exitCode).toBe(3);
    expect(run.stderr.match(/nothing listens there/g)).toHaveLength(1);
    expect(run.stderr).toContain("(in 2 of 2 snapshots)");
    expect(run.report.findings.length).toBeGreaterThan(0);
    expect(run.report.gate.failed).toBe(true);
    const partial = await check("--pprof", url(1), "--pprof", url(port), "--allow-partial");
    expect(partial.exitCode).toBe(1);
  });

  test("each is a process of its own: what one lacks, another does not make good", async () => {
    const [big, small] = [await pprofServer(hung), await pprofServer(fine)];
    const args = ["--pprof", url(small.port), "--pprof", url(big.port), "--fail-on", "never"];
    const run = await check(...args, "--snapshots", "2", "--every", "100ms", "--max-growth", "0");
    expect(run.exitCode, run.stdout).toBe(0);
    expect(run.report.dumps).toHaveLength(4);
  });

  test("one that dies between two snapshots makes the code 3", async () => {
    let asked = 0;
    const { port } = await pprofServer({
      ...fine,
      "goroutine?debug=2": (request, response) =>
        asked++ === 0 ? response.end(text(quiet)) : request.socket.destroy(),
      "goroutine?debug=1": (request, response) =>
        asked === 0 ? response.end(countedText(7)) : request.socket.destroy(),
    });
    const run = await check("--pprof", url(port), "--snapshots", "2", "--every", "100ms");
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain("(in 1 of 2 snapshots)");
  });
});

describe("a server that gives no dump is 3, and the reason is named", () => {
  const quick = ["--answer-timeout", "300ms", "--idle-timeout", "300ms", "--timeout", "1500ms"];
  const servers: readonly (readonly [string, RegExp, () => Promise<number>])[] = [
    ["nothing listens", /nothing listens there/, async () => 1],
    ["404", /no pprof there \(HTTP 404\)/, () => httpServer((_, r) => r.writeHead(404).end())],
    [
      "a redirect to a login page",
      /redirects to https:\/\/sso\.example\.com\/login.*most likely a login page/,
      () =>
        httpServer((_, r) =>
          r.writeHead(302, { location: `https://sso.example.com/login?token=${secret}` }).end(),
        ),
    ],
    [
      "a redirect that carries credentials",
      /redirects to https:\/\/sso\.example\.com\//,
      () =>
        httpServer((_, r) => r.writeHead(302, { location: `https://ops:${secret}@sso.example.com/` }).end()),
    ],
    [
      "a login page",
      /a web page, not a profile/,
      () => httpServer((_, r) => r.end("<!doctype html>Sign in")),
    ],
    ["401", /wants credentials/, () => httpServer((_, r) => r.writeHead(401).end())],
    ["an endless answer", /sends more than 1048576 bytes/, endless],
    ["an answer that drips", /did not finish within 1.5 s/, dripping],
    [
      "a server that never answers",
      /did not answer within 0.3 s(.|\n)*kill -QUIT(.|\n)*collect --pid/,
      () => tcpServer(() => undefined),
    ],
    ["a half-closed socket", /closed the connection without answering/, () => tcpServer((s) => s.end())],
    [
      "half an answer",
      /connection broke after \d+ bytes/,
      () =>
        tcpServer((s) =>
          s.once("data", () => s.end(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${countedText(1)}`)),
        ),
    ],
    [
      "Delve",
      /as a debugger sends(.|\n)*--delve/,
      () => tcpServer((s) => s.once("data", () => s.end('{"id":null,"result":null,"error":"x"}\n'))),
    ],
  ];

  test.each(servers)("%s", async (_, words, start) => {
    const target = `http://ops:${secret}@127.0.0.1:${await start()}`;
    const run = await check("--pprof", target, ...quick, "--max-bytes", "1MB");
    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.stderr).toMatch(words);
    expect(run.report.dumps).toEqual([]);
  });

  test("a self-signed certificate: refused, trusted with --ca or --insecure", async () => {
    const folder = temporaryDirectory();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = spawnSync("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...[
        "-subj",
        "/CN=example.test",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
    ]);
    expect(made.status, String(made.stderr)).toBe(0);
    const server = createServer({ key: text(key), cert: text(cert) }, (_, r) => r.end(text(quiet)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const target = ["--pprof", `https://ops:${secret}@127.0.0.1:${(server.address() as AddressInfo).port}`];
      const args = [...target, "--debug", "2", "--no-leak"];
      const refused = await check(...args);
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toContain("certificate is not trusted (self-signed)");
      expect((await check(...args, "--ca", cert)).exitCode).toBe(0);
      expect((await check(...args, "--insecure")).exitCode).toBe(0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  function endless(): Promise<number> {
    return httpServer((_, response) => {
      response.write(countedText(1));
      const more = () => {
        while (response.write(Buffer.alloc(65_536, "x")));
        response.once("drain", more);
      };
      more();
    });
  }

  function dripping(): Promise<number> {
    return httpServer((_, response) => {
      response.write(countedText(1));
      const drip = setInterval(() => response.write("x"), 50);
      response.on("close", () => clearInterval(drip));
    });
  }
});

describe("wrong use is 2", () => {
  test.each([
    [
      "a URL that is none",
      ["--pprof", `ftp://ops:${secret}@example.test/?t=${secret}`],
      "no URL of a pprof server",
    ],
    ["credentials without a colon", ["--pprof", "http://h:1", "--auth", secret], "USER:PASSWORD"],
    ["a header without a colon", ["--pprof", "http://h:1", "--header", secret], "Name: value"],
    ["a file and a server", ["--pprof", "http://h:1", quiet], "both given"],
    ["snapshots of a file", ["--snapshots", "3", quiet], "need a source"],
    ["until a finding in a file", ["--until-finding", quiet], "need a source"],
    ["no such authority", ["--pprof", "http://h:1", "--ca", "/nowhere.pem"], "cannot read /nowhere.pem"],
    ["no such list of targets", ["--targets", "/nowhere.txt"], "cannot read the targets file"],
  ])("%s", async (_, args, words) => {
    const run = await check(...args);
    expect(run.exitCode, run.stderr).toBe(2);
    expect(run.stderr).toContain(words);
  });

  test("a place for temporary files that can't be written", async () => {
    const { port } = await pprofServer(fine);
    const run = await startCli(["check", "--pprof", url(port)], { env: { TMPDIR: "/proc/nowhere" } });
    expect(run.exitCode, run.stderr).toBe(2);
    expect(run.stderr).not.toContain("internal error");
    expect(run.stderr).toContain("/proc/nowhere");
  });

  test("a disk that fills up, in the same way for files that are kept", async () => {
    const { port } = await pprofServer({ ...hung, "goroutine?debug=2": text(selfSend).repeat(40) });
    const folder = temporaryDirectory();
    const script = 'trap "" XFSZ; ulimit -f 8; exec "$@"';
    const args = [
      "-c",
      script,
      "bash",
      process.execPath,
      "dist/cli/main.cjs",
      "collect",
      "--pprof",
      url(port),
    ];
    const { spawn } = await import("node:child_process");
    const child = spawn("bash", [...args, "-o", folder], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("cannot write");
    expect(readdirSync(folder)).toEqual([]);
  });
});
