import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { captureAttached, captureCore, writeCore } from "../../scripts/capture/delve.mjs";
import { metricsFunctions } from "../../scripts/capture/metrics-fixtures.mjs";
import {
  loadLightly,
  loadUntilHung,
  startLoad,
  startMetricsServer,
} from "../../scripts/capture/metrics-server.mjs";
import { sleep } from "../../scripts/capture/program.mjs";
import { buildProgram, defaultToolchain } from "../../scripts/capture/toolchains.mjs";
import { countWithFrame, idsWithFrame } from "../../scripts/capture/truth.mjs";
import { expectQuiet, expectStory, storyRule } from "../story.ts";
import { dlv, lint, missingTools, programs } from "./tools.ts";

const missing = missingTools(["go", "wrk", "gcore", dlv]);

/** Dumps by the name that the tests know them by; `delve-core-stacks` and the like hold all responses. */
type Dumps = ReadonlyMap<string, string | Buffer>;

describe.skipIf(missing.length > 0)("the reference story, with real tools", () => {
  let folder = "";
  let truth = { consumer: 0, senders: 0 };
  const fileOf = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "deadlock-lint-e2e-"));
    const binary = join(folder, "metrics");
    const go = await defaultToolchain();
    await buildProgram(go!, { module: programs, program: "metrics", output: binary });
    const dumps = new Map([
      ...(await dumpHealthy(binary)),
      ...(await dumpFixed(binary)),
      ...(await dumpHung(binary, folder)),
    ]);
    for (const [name, content] of dumps) await writeFile(fileOf(name), content);
    truth = truthOf(dumps.get("hung.debug2")!.toString());
    expect(truthOf(dumps.get("hung.sigquit")!.toString())).toEqual(truth);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("most of the thousand connections are parked behind one consumer", () => {
    expect(truth.senders).toBeGreaterThan(900);
    expect(truth.consumer).toBeGreaterThan(0);
  });

  test.each(["hung.sigquit", "hung.delve-core-stacks", "hung.delve-attach-stacks"])(
    "%s: found, confirmed by the channel's address",
    (name) => {
      expectStory(lint([fileOf(name)]), truth, { channelAddresses: true });
    },
  );

  test.each(["hung.debug2", "hung.delve-core", "hung.delve-attach"])(
    "%s: found at the default gate, and what is not known is said",
    (name) => {
      expectStory(lint([fileOf(name)]), truth, { channelAddresses: false });
    },
  );

  test("hung.debug1: the order of the runtime's code says what is waited for", () => {
    const report = lint([fileOf("hung.debug1")]);
    expectStory(report, { senders: truth.senders }, { channelAddresses: false });
  });

  test("hung.debug0: the frames of the runtime say what is waited for", () => {
    const report = lint([fileOf("hung.debug0")]);
    expectStory(report, { senders: truth.senders }, { channelAddresses: false });
  });

  test.each([
    "idle.debug2",
    "idle.sigquit",
    "light.debug2",
    "light.debug1",
    "light.debug0",
    "light.delve-core",
    "light.delve-core-stacks",
    "light.delve-attach",
    "light.delve-attach-stacks",
    "light.sigquit",
  ])("%s: no finding", (name) => {
    expectQuiet(lint([fileOf(name)]));
  });

  test.each(["fixed.debug2", "fixed.sigquit"])(
    "%s: the fixed server under the same load passes the gate",
    (name) => {
      const report = lint([fileOf(name)]);
      expect(report.findings.map((finding) => finding.ruleId)).not.toContain(storyRule);
      expect(report.gate.exitCode).toBe(0);
    },
  );
});

function truthOf(traceback: string): { consumer: number; senders: number } {
  const consumers = idsWithFrame(traceback, metricsFunctions.consumerSend, "chan send");
  expect(consumers).toHaveLength(1);
  return { consumer: consumers[0]!, senders: countWithFrame(traceback, metricsFunctions.senderSend) };
}

async function dumpHealthy(binary: string): Promise<Dumps> {
  const dumps = new Map<string, string | Buffer>();
  const idle = await startMetricsServer(binary);
  await sleep(500);
  dumps.set("idle.debug2", await idle.pprof("goroutine?debug=2"));
  dumps.set("idle.sigquit", await idle.program.quit());

  const server = await startMetricsServer(binary);
  try {
    const load = loadLightly(server, 6_000);
    await sleep(1_500);
    for (const debug of [2, 1, 0])
      dumps.set(`light.debug${debug}`, await server.pprof(`goroutine?debug=${debug}`));
    for (const [name, content] of await dumpWithDelve(server.program.pid, binary))
      dumps.set(`light.${name}`, content);
    await load;
    dumps.set("light.sigquit", await server.program.quit());
  } finally {
    await server.program.kill();
  }
  return dumps;
}

async function dumpFixed(binary: string): Promise<Dumps> {
  const server = await startMetricsServer(binary, ["-fixed"]);
  const load = startLoad(server, programs, 8);
  try {
    await sleep(3_000);
    const debug2 = await server.pprof("goroutine?debug=2");
    return new Map<string, string | Buffer>([
      ["fixed.debug2", debug2],
      ["fixed.sigquit", await server.program.quit()],
    ]);
  } finally {
    await load.kill();
    await server.program.kill();
  }
}

async function dumpHung(binary: string, folder: string): Promise<Dumps> {
  const dumps = new Map<string, string | Buffer>();
  const server = await startMetricsServer(binary);
  try {
    await loadUntilHung(server, programs);
    for (const debug of [2, 1, 0])
      dumps.set(`hung.debug${debug}`, await server.pprof(`goroutine?debug=${debug}`));
    for (const [name, content] of await dumpWithDelve(server.program.pid, binary, folder)) {
      dumps.set(`hung.${name}`, content);
    }
    dumps.set("hung.sigquit", await server.program.quit());
  } finally {
    await server.program.kill();
  }
  return dumps;
}

/** By a core and by attaching: the list alone, and all responses. The process goes on. */
async function dumpWithDelve(pid: number, binary: string, folder = tmpdir()): Promise<Map<string, string>> {
  const core = await writeCore(pid, join(folder, "core"));
  const fromCore = await captureCore(dlv, binary, core);
  await rm(core);
  const attached = await captureAttached(dlv, pid);
  return new Map([
    ["delve-core", fromCore.list],
    ["delve-core-stacks", fromCore.stacks],
    ["delve-attach", attached.list],
    ["delve-attach-stacks", attached.stacks],
  ]);
}
