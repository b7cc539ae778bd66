import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import yargs from "yargs";
import { collectCommand, runCollect } from "../../src/cli/collect.ts";
import { parseDuration, parseSize } from "../../src/cli/units.ts";
import { KnownError, UsageError } from "../../src/errors.ts";
import { countedText, pprofServer, temporaryDirectory, traceback } from "../collect/servers.ts";

const answers = { "goroutine?debug=1": countedText(1), "goroutine?debug=2": traceback };

class Text extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command as from a shell. */
async function run(
  args: readonly string[],
  { terminal = false, finding = false }: { terminal?: boolean; finding?: boolean } = {},
): Promise<{ code: number; stdout: string; stderr: string; error: unknown }> {
  const stdout = new Text(terminal);
  const stderr = new Text(terminal);
  let code = -1;
  let error: unknown;
  const { builder, ...command } = collectCommand(async () => finding);
  await yargs()
    .command({
      ...command,
      builder: builder!,
      handler: async (argv) => {
        try {
          code = await runCollect(argv, async () => finding, { stdout, stderr });
        } catch (e) {
          error = e;
        }
      },
    })
    .parseAsync(["collect", ...args]);
  return { code, stdout: stdout.text, stderr: stderr.text, error };
}

test("the dump itself goes to a pipe, what happened to stderr", async () => {
  const server = await pprofServer(answers);
  const { code, stdout, stderr } = await run(["--pprof", `http://127.0.0.1:${server.port}`]);
  expect(code).toBe(0);
  expect(stdout).toBe(traceback);
  expect(stderr).toMatch(
    /goroutine-debug2, \d+ bytes in \d+ ms \(server's own time: goroutine\?debug=1 \d+ ms/,
  );
});

test("files are named on stdout, and a dead instance makes the code 3", async () => {
  const server = await pprofServer(answers);
  const directory = temporaryDirectory();
  const url = `http://127.0.0.1:${server.port}`;
  const { code, stdout, stderr } = await run([
    ...["--pprof", url, "--pprof", "http://127.0.0.1:1", "--every", "10ms", "--for", "20ms"],
    ...["--retries", "0", "-o", directory],
  ]);
  expect(code).toBe(3);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((path) => path.slice(directory.length + 1))
      .sort(),
  ).toEqual(readdirSync(directory).sort());
  expect(readdirSync(directory)).toHaveLength(3);
  expect(stderr).toContain("nothing listens there");
});

test("targets of a file; JSON names files, times and failures", async () => {
  const server = await pprofServer(answers);
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "targets"), `# one\nhttp://127.0.0.1:${server.port}\n`);
  mkdirSync(join(directory, "dumps"));
  const { stdout } = await run([
    "--targets",
    join(directory, "targets"),
    "--json",
    "-o",
    join(directory, "dumps"),
  ]);
  const { snapshots } = JSON.parse(stdout);
  expect(snapshots[0].instances[0].dumps[0].kind).toBe("goroutine-debug2");
  expect(snapshots[0].instances[0].requests[0]).toMatchObject({ profile: "goroutine?debug=1" });
});

test("--until-finding stops at once", async () => {
  const server = await pprofServer(answers);
  const directory = temporaryDirectory();
  const args = [
    "--pprof",
    `http://127.0.0.1:${server.port}`,
    "--snapshots",
    "5",
    "--every",
    "10ms",
    "--until-finding",
  ];
  await run([...args, "-o", directory], { finding: true });
  expect(readdirSync(directory)).toHaveLength(1);
});

describe("credentials", () => {
  const secrets = ["hunter2", "token-7f3a", Buffer.from("alice:hunter2").toString("base64")];

  test("reach the server, but no message, report or file name", async () => {
    const good = await pprofServer(answers);
    const refusing = await pprofServer({
      "goroutine?debug=1": (request, response) =>
        response.writeHead(401).end(`no, ${request.headers.authorization}`),
    });
    const directory = temporaryDirectory();
    const header = join(directory, "headers");
    writeFileSync(header, "X-Token: token-7f3a\n");
    const args = [good.port, refusing.port, 1].flatMap((port) => [
      "--pprof",
      `http://alice:hunter2@127.0.0.1:${port}/?k=token-7f3a`,
    ]);
    const { code, stdout, stderr } = await run([
      ...[...args, "--header", `@${header}`, "--retries", "0"],
      ...["--json", "-o", join(directory, "dumps")],
    ]);
    expect(code).toBe(3);
    expect(good.headers[0]).toMatchObject({ authorization: `Basic ${secrets[2]}`, "x-token": "token-7f3a" });
    const shown = [stdout, stderr, ...readdirSync(join(directory, "dumps"))].join("\n");
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(readFileSync(join(directory, "dumps", readdirSync(join(directory, "dumps"))[0]!), "utf8")).toBe(
      traceback,
    );
  });

  test.each([
    ["--pprof", "ftp://alice:hunter2@host/"],
    ["--delve", "alice:hunter2@host"],
    ["--pprof", "http://host", "--header", "Authorization token-7f3a"],
    ["--pprof", "http://host", "--auth", "hunter2"],
  ])("do not show when %s %s is refused", async (...args) => {
    const { error } = await run(args);
    expect(error).toBeInstanceOf(KnownError);
    for (const secret of secrets)
      expect(`${(error as KnownError).message}${(error as KnownError).hint}`).not.toContain(secret);
  });
});

test.each([
  [[], "nothing to collect from"],
  [["--pprof", "http://a", "--every", "10s"], "--every needs an end"],
  [["--pprof", "http://a", "--snapshots", "2", "--for", "10s"], "both say how many"],
  [["--pprof", "http://a", "--snapshots", "0"], "--snapshots must be"],
  [["--pprof", "http://a", "--snapshots", "2"], "can't go to stdout"],
  [["--pprof", "http://a", "--pprof", "http://b"], "can't go to stdout"],
  [["--core", "core"], "--core and --exe go together"],
  [["--core", "core", "--exe", "x", "--snapshots", "2", "-o", "d"], "a core does not change"],
  [["--pprof", "http://a", "--timeout", "soon"], "is no duration"],
  [["--pprof", "http://a", "--ca", "/nonexistent"], "cannot read /nonexistent"],
])("%j is a usage error", async (args, message) => {
  const { error } = await run(args);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
});

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text, "--every")).toBe(ms);
});

test.each(["", "10", "s", "-1s", "0s", "1s2"])("%j is no duration", (text) => {
  expect(() => parseDuration(text, "--every")).toThrow(UsageError);
});

test.each([
  ["4096", 4096],
  ["64KB", 65_536],
  ["1 MiB", 1_048_576],
  ["2g", 2_147_483_648],
])("%s is %d bytes", (text, bytes) => {
  expect(parseSize(text, "--max-bytes")).toBe(bytes);
});

test.each(["", "0", "1TB", "-1", "much"])("%j is no size", (text) => {
  expect(() => parseSize(text, "--max-bytes")).toThrow(UsageError);
});
