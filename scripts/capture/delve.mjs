// @ts-check
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { promisify } from "node:util";
import { startProgram } from "./program.mjs";

const run = promisify(execFile);

/**
 * What Delve answered, line by line as it came over the wire: numbers beyond 2^53 stay as they are.
 * @typedef {object} DelveCapture
 * @property {string} list the response of ListGoroutines
 * @property {string} stacks requests and responses in turn: GetVersion, ListGoroutines, a Stacktrace a goroutine
 */

/**
 * Writes a core of a living process, which goes on.
 * @param {number} pid
 * @param {string} prefix the core is `PREFIX.PID`
 * @returns {Promise<string>} its path
 */
export async function writeCore(pid, prefix) {
  await run("gcore", ["-o", prefix, String(pid)], { maxBuffer: 1 << 26 });
  const path = `${prefix}.${pid}`;
  if (!existsSync(path)) throw new Error(`gcore wrote no ${path}`);
  return path;
}

/**
 * @param {string} dlv
 * @param {string} binary
 * @param {string} core
 */
export function captureCore(dlv, binary, core) {
  return capture(dlv, ["core", binary, core]);
}

/**
 * @param {string} dlv
 * @param {number} pid goes on afterwards
 */
export function captureAttached(dlv, pid) {
  return capture(dlv, ["attach", String(pid)]);
}

const serving = ["--headless", "--listen=127.0.0.1:0", "--api-version=2", "--check-go-version=false"];
const listening = /API server listening at: \S+:(\d+)/;

/**
 * Starts a Delve that serves a core to one client after the other, and waits until it has read it: it listens before.
 * @param {string} dlv
 * @param {string} binary
 * @param {string} core
 * @returns {Promise<{ port: number, kill: () => Promise<void> }>}
 */
export async function serveCore(dlv, binary, core) {
  const server = startProgram(dlv, ["core", binary, core, ...serving, "--accept-multiclient"]);
  try {
    const port = Number((await server.saw(listening, 60_000))[1]);
    const client = await connectTo(port);
    await client.call("GetVersion", [{}]);
    client.end();
    return { port, kill: server.kill };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/**
 * Milliseconds that it takes to list all goroutines and to ask for the stack of each, one after the other, as
 * `stack -full` does; measured on some of them.
 * @param {number} port of a Delve
 */
export async function stacktraceForEach(port) {
  const measured = 400;
  const client = await connectTo(port);
  const begin = performance.now();
  const [, list] = await client.call("ListGoroutines", [{ Start: 0, Count: 0 }]);
  const listed = performance.now();
  /** @type {{ id: number }[]} */
  const goroutines = JSON.parse(list).result.Goroutines;
  const few = goroutines.slice(0, measured);
  const started = performance.now();
  for (const { id } of few) {
    const [, stack] = await client.call("Stacktrace", [
      { Id: id, Depth: 50, Full: true, Cfg: fullVariables },
    ]);
    JSON.parse(stack);
  }
  const each = (performance.now() - started) / few.length;
  client.end();
  return listed - begin + each * goroutines.length;
}

/**
 * @param {string} dlv
 * @param {string[]} target
 * @returns {Promise<DelveCapture>}
 */
async function capture(dlv, target) {
  const server = startProgram(dlv, [...target, ...serving]);
  try {
    const [, port] = await server.saw(listening, 60_000);
    const client = await connectTo(Number(port));
    try {
      return await record(client);
    } finally {
      await client.call("Detach", [{ Kill: false }]).catch(() => undefined);
      client.end();
    }
  } finally {
    await Promise.race([server.exited, new Promise((resolve) => setTimeout(resolve, 5_000))]);
    await server.kill();
  }
}

/**
 * @param {Client} client
 * @returns {Promise<DelveCapture>}
 */
async function record(client) {
  const lines = await client.call("GetVersion", [{}]);
  const [request, list] = await client.call("ListGoroutines", [{ Start: 0, Count: 0 }]);
  lines.push(request, list);
  for (const { id } of JSON.parse(list).result.Goroutines) {
    lines.push(...(await client.call("Stacktrace", [{ Id: id, Depth: 50, Full: true, Cfg: leanVariables }])));
  }
  return { list: `${list}\n`, stacks: lines.map((line) => `${line}\n`).join("") };
}

/** Arguments of frames with their addresses, and nothing behind them. */
const leanVariables = {
  FollowPointers: false,
  MaxVariableRecurse: 0,
  MaxStringLen: 32,
  MaxArrayValues: 0,
  MaxStructFields: 0,
};

/** As Delve's own terminal asks for variables. */
const fullVariables = {
  FollowPointers: true,
  MaxVariableRecurse: 1,
  MaxStringLen: 64,
  MaxArrayValues: 64,
  MaxStructFields: -1,
};

/** @typedef {{ call: (method: string, params: unknown[]) => Promise<[string, string]>, end: () => void }} Client `call` returns the request and the response, raw. */

/**
 * Delve speaks JSON-RPC 1.0 over TCP: one object a line each way.
 * @param {number} port
 * @returns {Promise<Client>}
 */
function connectTo(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setEncoding("utf8").setNoDelay(true);
    /** @type {{ resolve: (line: string) => void, reject: (error: Error) => void }[]} */
    const waiting = [];
    /** @type {string[]} */
    let pieces = [];
    socket.on("data", (/** @type {string} */ text) => {
      const parts = text.split("\n");
      for (const part of parts.slice(0, -1)) {
        waiting.shift()?.resolve([...pieces, part].join(""));
        pieces = [];
      }
      pieces.push(parts.at(-1) ?? "");
    });
    const failed = (/** @type {Error} */ error) => {
      reject(error);
      for (const call of waiting.splice(0)) call.reject(error);
    };
    socket.on("error", failed);
    socket.on("close", () => failed(new Error("Delve closed the connection")));
    let id = 0;
    socket.on("connect", () =>
      resolve({
        call: async (method, params) => {
          const request = JSON.stringify({ method: `RPCServer.${method}`, params, id: ++id });
          /** @type {Promise<string>} */
          const answered = new Promise((resolve, reject) => waiting.push({ resolve, reject }));
          socket.write(`${request}\n`);
          return [request, await answered];
        },
        end: () => socket.end(),
      }),
    );
  });
}
