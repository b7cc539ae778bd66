// @ts-check
import { join } from "node:path";
import { sleep, startProgram } from "./program.mjs";

/**
 * The reference story's server, running.
 * @typedef {object} MetricsServer
 * @property {import("./program.mjs").Program} program
 * @property {string} service address of the service, `http://127.0.0.1:PORT`
 * @property {string} debug address of its second listener, with pprof
 * @property {(profile: string) => Promise<Buffer>} pprof reads `/debug/pprof/` + profile from its second listener
 */

/**
 * @param {string} binary
 * @param {readonly string[]} [args]
 * @returns {Promise<MetricsServer>}
 */
export async function startMetricsServer(binary, args = []) {
  const program = startProgram(binary, args, { env: { ...process.env, GOTRACEBACK: "system" } });
  const [, service] = await program.saw(/^service (\S+)$/m, 20_000);
  const [, debug] = await program.saw(/^debug (\S+)$/m, 20_000);
  return {
    program,
    service: `http://${service}`,
    debug: `http://${debug}`,
    pprof: async (profile) => {
      const response = await fetch(`http://${debug}/debug/pprof/${profile}`, {
        signal: AbortSignal.timeout(60_000),
      });
      if (!response.ok) throw new Error(`pprof answered ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    },
  };
}

/**
 * Loads the server with wrk, a thousand connections, until a request times out; then stops the load.
 * @param {MetricsServer} server
 * @param {string} module folder of the Go programs
 */
export async function loadUntilHung(server, module) {
  const load = startLoad(server, module, 60);
  try {
    const end = Date.now() + 60_000;
    while (await answers(server, 3_000)) {
      if (Date.now() > end) throw new Error("the server still answers after 60 s of load");
      await sleep(200);
    }
  } finally {
    await load.kill();
  }
  await sleep(1_000);
}

/**
 * @param {MetricsServer} server
 * @param {string} module folder of the Go programs
 * @param {number} seconds
 */
export function startLoad(server, module, seconds) {
  const script = join(module, "metrics", "load.lua");
  const load = startProgram("wrk", ["-t2", "-c1000", `-d${seconds}s`, "-s", script, server.service]);
  if (load.child.pid === undefined) throw new Error("wrk cannot be started: apt-get install wrk");
  return load;
}

/**
 * A few requests one after another, as from a health check and a handful of users.
 * @param {MetricsServer} server
 * @param {number} ms
 */
export async function loadLightly(server, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    if (!(await answers(server, 5_000))) throw new Error("the server hangs under light load");
  }
}

/**
 * @param {MetricsServer} server
 * @param {number} timeoutMs
 */
async function answers(server, timeoutMs) {
  try {
    const response = await fetch(`${server.service}/search?q=probe`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return false;
    throw error;
  }
}
