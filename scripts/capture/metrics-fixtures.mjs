// @ts-check
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { captureAttached, captureCore, writeCore } from "./delve.mjs";
import { loadLightly, loadUntilHung, startLoad, startMetricsServer } from "./metrics-server.mjs";
import { sleep } from "./program.mjs";
import { buildProgram } from "./toolchains.mjs";
import { countWithFrame } from "./truth.mjs";

const rule = "channel/consumer-sends-to-own-channel";
const registry = "fixtures.example/programs/metrics/telemetry.(*Registry)";

/** The functions that tell the story's goroutines apart. */
export const metricsFunctions = {
  consumer: `${registry}.drain`,
  consumerSend: `${registry}.gauge`,
  senderSend: `${registry}.Observe`,
};

/**
 * The reference story: before the load, under light load, hung, and the fixed server under the same load.
 * @param {import("./rule-fixtures.mjs").Job} job
 */
export async function captureMetrics(job) {
  const binary = join(job.scratch, `metrics.${job.toolchain.name}`);
  await buildProgram(job.toolchain, { module: job.module, program: "metrics", output: binary });
  await captureHealthy(job, binary);
  await captureFixed(job, binary);
  await captureHung(job, binary);
  await rm(binary);
}

/**
 * @param {import("./rule-fixtures.mjs").Job} job
 * @param {string} binary
 */
async function captureHealthy(job, binary) {
  const server = await startMetricsServer(binary);
  try {
    await sleep(500);
    await record(job, "metrics-idle", "debug2", await server.pprof("goroutine?debug=2"));
    const load = loadLightly(server, 4_000);
    await sleep(2_000);
    await record(job, "metrics-light", "debug2", await server.pprof("goroutine?debug=2"));
    await record(job, "metrics-light", "debug1", await server.pprof("goroutine?debug=1"));
    if (job.dlv !== undefined) {
      const { list, stacks } = await captureAttached(job.dlv, server.program.pid);
      await record(job, "metrics-light", "delve-attach", list);
      await record(job, "metrics-light", "delve-attach-stacks", stacks);
    }
    await load;
    await record(job, "metrics-light", "sigquit", await server.program.quit());
  } finally {
    await server.program.kill();
  }
}

/**
 * @param {import("./rule-fixtures.mjs").Job} job
 * @param {string} binary
 */
async function captureFixed(job, binary) {
  const server = await startMetricsServer(binary, ["-fixed"]);
  const load = startLoad(server, job.module, 6);
  try {
    await sleep(3_000);
    await record(job, "metrics-fixed-loaded", "debug2", await server.pprof("goroutine?debug=2"));
    await record(job, "metrics-fixed-loaded", "sigquit", await server.program.quit());
  } finally {
    await load.kill();
    await server.program.kill();
  }
}

/**
 * @param {import("./rule-fixtures.mjs").Job} job
 * @param {string} binary
 */
async function captureHung(job, binary) {
  const server = await startMetricsServer(binary);
  try {
    await loadUntilHung(server, job.module);
    const text = (await server.pprof("goroutine?debug=2")).toString();
    const groups = {
      consumer: {
        function: metricsFunctions.consumer,
        count: countWithFrame(text, metricsFunctions.consumerSend),
      },
      senders: {
        function: metricsFunctions.senderSend,
        count: countWithFrame(text, metricsFunctions.senderSend),
      },
    };
    if (groups.consumer.count !== 1 || groups.senders.count < 900) throw new Error(JSON.stringify(groups));
    const hung = (/** @type {string} */ format, /** @type {string | Buffer} */ content) =>
      record(job, "metrics", format, content, groups);
    await hung("debug2", text);
    await hung("debug1", await server.pprof("goroutine?debug=1"));
    await hung("debug0", await server.pprof("goroutine?debug=0"));
    if (job.dlv !== undefined) {
      const core = await writeCore(server.program.pid, join(job.scratch, "core"));
      const fromCore = await captureCore(job.dlv, binary, core);
      await rm(core);
      await hung("delve-core", fromCore.list);
      if (job.thorough) await hung("delve-core-stacks", fromCore.stacks);
      await hung("delve-attach", (await captureAttached(job.dlv, server.program.pid)).list);
    }
    await hung("sigquit", await server.program.quit());
  } finally {
    await server.program.kill();
  }
}

/**
 * @param {import("./rule-fixtures.mjs").Job} job
 * @param {string} variant
 * @param {string} format
 * @param {string | Buffer} content
 * @param {Record<string, { function: string, count: number }>} [groups] given when hung
 */
function record(job, variant, format, content, groups) {
  return job.manifest.add(
    {
      rule,
      expect: groups ? "fires" : "quiet",
      variant,
      go: job.toolchain.name,
      format,
      aged: false,
      evident: true,
      guilty: groups ? [metricsFunctions.consumer] : [],
      groups: groups ?? {},
      also: variant === "metrics-fixed-loaded" ? ["channel/send-pileup"] : [],
      madeBy: { program: "metrics", args: variant === "metrics-fixed-loaded" ? ["-fixed"] : [] },
    },
    content,
  );
}
