/** The recipes of docs/recipes, as files, with real servers and real load; what is not on this machine has a stand-in. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMetricsServer } from "../../scripts/capture/metrics-server.mjs";
import { startProgram } from "../../scripts/capture/program.mjs";
import { buildProgram, defaultToolchain } from "../../scripts/capture/toolchains.mjs";
import type { Report } from "../../src/report/report.ts";
import { storyRule } from "../story.ts";
import { lockCycle, quiet } from "./shell.ts";
import { type CliRun, cli, missingTools, programs, startCli } from "./tools.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const recipes = join(root, "docs/recipes");
const missing = missingTools(["go", "wrk", "curl"]);
const text = (file: string): string => readFileSync(file, "utf8");
const pathOf = (file: string): string => join(folder, file);

let folder = "";

/** Waits as short as a test can bear. */
const quick = { WARM_UP: "3", SNAPSHOTS: "2", EVERY: "1s", SETTLE: "2" };

beforeAll(async () => {
  if (missing.length > 0) return;
  folder = mkdtempSync(join(tmpdir(), "deadlock-lint-recipes-"));
  const go = (await defaultToolchain())!;
  for (const program of ["metrics", "gate"])
    await buildProgram(go, { module: programs, program, output: pathOf(program) });
  mkdirSync(pathOf("bin"));
  command("deadlock-lint", `exec ${process.execPath} ${cli} "$@"`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that the recipes find in PATH. */
function command(name: string, script: string, directory = pathOf("bin")): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
}

/** Runs a script to its end, or ends it and all that it started. */
async function run(
  shell: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; bin?: string },
): Promise<CliRun> {
  const [program, ...args] = shell as [string, ...string[]];
  const path = [...(options.bin === undefined ? [] : [options.bin]), pathOf("bin"), process.env.PATH];
  const child = spawn(program, args, {
    cwd: options.cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, GITHUB_STEP_SUMMARY: "", ...options.env, PATH: path.join(delimiter) },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (part: string) => {
      output[name] += part;
    });
  const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 110_000);
  // Servers that the script left running hold its output open: what counts is its own end.
  const exitCode = await new Promise<number | null>((done) => child.on("exit", done));
  clearTimeout(timer);
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
  return { exitCode, ...output };
}

function workspace(name: string): string {
  const cwd = pathOf(name);
  mkdirSync(cwd);
  return cwd;
}

const reportOf = (file: string): Report => JSON.parse(text(file)) as Report;

describe.skipIf(missing.length > 0)("the load stage", () => {
  async function stage(name: string, args: readonly string[]): Promise<{ ended: CliRun; cwd: string }> {
    const server = await startMetricsServer(pathOf("metrics"), args);
    try {
      const cwd = workspace(name);
      const script = [
        join(recipes, "load-stage.sh"),
        "wrk",
        "-t2",
        "-c300",
        "-d8s",
        `${server.service}/search`,
      ];
      const ended = await run(script, { cwd, env: { ...quick, PPROF: server.debug } });
      return { ended, cwd };
    } finally {
      await server.program.kill();
    }
  }

  test("is red on the metrics server under wrk, while it is loaded and after", async () => {
    const { ended, cwd } = await stage("hung", []);
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(1);
    for (const name of ["loaded", "after"]) {
      const report = reportOf(join(cwd, `deadlock-lint/${name}.json`));
      expect(report.findings[0]?.ruleId, name).toBe(storyRule);
      expect(report.gate.exitCode).toBe(1);
    }
  }, 120_000);

  test("is green on the same server with the bug fixed", async () => {
    const { ended, cwd } = await stage("fixed", ["-fixed"]);
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    expect(reportOf(join(cwd, "deadlock-lint/loaded.json")).summary.goroutines).toBeGreaterThan(500);
  }, 120_000);

  test("is red when the load itself fails, and 3 when the server dies", async () => {
    const server = await startMetricsServer(pathOf("metrics"), ["-fixed"]);
    const script = join(recipes, "load-stage.sh");
    const env = { ...quick, WARM_UP: "0", SETTLE: "0", PPROF: server.debug };
    const failed = await run([script, "sh", "-c", "exit 99"], { cwd: workspace("load-fails"), env });
    expect(failed.exitCode, failed.stdout + failed.stderr).toBe(1);
    expect(failed.stderr).toContain("the load failed with code 99");
    const killing = [script, "kill", "-KILL", String(server.program.pid)];
    const died = await run(killing, { cwd: workspace("dies"), env });
    expect(died.exitCode, died.stdout + died.stderr).toBe(3);
    const gone = await run([script, "true"], { cwd: workspace("gone"), env });
    expect(gone.exitCode).toBe(3);
  }, 120_000);
});

describe.skipIf(missing.length > 0)("a server of a pipeline", () => {
  async function withServer<T>(
    args: readonly string[],
    work: (url: string, kill: () => Promise<void>) => Promise<T>,
  ) {
    const server = startProgram(pathOf("gate"), args);
    try {
      const address = (await server.saw(/listening at (\S+)/, 10_000))[1]!;
      return await work(`http://${address}`, server.kill);
    } finally {
      await server.kill();
    }
  }

  test("that leaks ten goroutines a second is red by growth, and green within 20 %", () =>
    withServer(["-idle", "500", "-leak", "10"], async (url) => {
      const series = ["check", "--pprof", url, "--snapshots", "3", "--every", "2s"];
      const red = await startCli([...series, "--max-growth", "10"]);
      expect(red.exitCode, red.stdout + red.stderr).toBe(1);
      expect(red.stdout.replace(/\s+/g, " ")).toMatch(
        /goroutines grew from 5\d\d to 5\d\d.*most at main\.leak\.func1/,
      );
      const green = await startCli([...series, "--max-growth", "20%"]);
      expect(green.exitCode, green.stdout + green.stderr).toBe(0);
    }));

  test("with a known bug passes by its baseline, and fails with a second one in the same function", async () => {
    const baseline = pathOf("baseline.json");
    const check = (url: string) => startCli(["check", "--pprof", url, "--baseline", baseline]);
    await withServer(["-stuck", "1"], async (url) => {
      expect((await startCli(["check", "--pprof", url])).exitCode).toBe(1);
      expect((await startCli(["baseline", "write", "--pprof", url, "-o", baseline])).exitCode).toBe(0);
    });
    await withServer(["-stuck", "1"], async (url) => expect((await check(url)).exitCode).toBe(0));
    await withServer(["-stuck", "2"], async (url) => {
      const second = await check(url);
      expect(second.exitCode, second.stdout).toBe(1);
      expect(second.stdout).toContain("startJobs.func2");
    });
  });

  test("that dies during the collection makes the code 3", () =>
    withServer([], async (url, kill) => {
      const checking = startCli([
        "check",
        "--pprof",
        url,
        "--snapshots",
        "3",
        "--every",
        "2s",
        "--retries",
        "0",
      ]);
      setTimeout(() => void kill(), 2_500);
      const ended = await checking;
      expect(ended.exitCode, ended.stdout).toBe(3);
      expect(ended.stderr).toMatch(/nothing listens there \(in \d of 3 snapshots\)/);
    }));
});

describe.skipIf(missing.length > 0)("pods, through a stand-in of kubectl", () => {
  test("all of a label are judged at once; one that can't be reached makes the code 3", async () => {
    const servers = [startProgram(pathOf("gate"), ["-stuck", "1"]), startProgram(pathOf("gate"), [])];
    const bin = workspace("kubectl-bin");
    try {
      const ports = await Promise.all(
        servers.map(async (server) => (await server.saw(/listening at \S+:(\d+)/, 10_000))[1]),
      );
      command(
        "kubectl",
        `case "$*" in
           "get pods -l app=shop "*) echo pod/shop-1; echo pod/shop-2; [ -z "$BROKEN" ] || echo pod/shop-3 ;;
           "get pods"*) exit 0 ;;
           *pod/shop-1*) echo "Forwarding from 127.0.0.1:${ports[0]} -> 6060"; exec sleep 60 ;;
           *pod/shop-2*) echo "Forwarding from 127.0.0.1:${ports[1]} -> 6060"; exec sleep 60 ;;
           *) echo "error: unable to forward port because pod is not running" >&2; exit 1 ;;
         esac`,
        bin,
      );
      const script = [join(recipes, "port-forward.sh"), "app=shop", "--retries", "0"];
      const cwd = workspace("pods");
      const red = await run([...script, "--format", "json=report.json"], { cwd, bin, env: { BROKEN: "" } });
      expect(red.exitCode, red.stdout + red.stderr).toBe(1);
      expect(reportOf(join(cwd, "report.json")).dumps).toHaveLength(2);
      const broken = await run(script, { cwd, bin, env: { BROKEN: "yes" } });
      expect(broken.exitCode, broken.stdout + broken.stderr).toBe(3);
      expect(broken.stderr).toContain("pod is not running");
      const none = await run([script[0]!, "app=none"], { cwd, bin });
      expect(none.exitCode).toBe(2);
    } finally {
      for (const server of servers) await server.kill();
    }
  }, 120_000);
});

describe.skipIf(missing.length > 0)("a Go test", () => {
  async function goTest(
    name: string,
    body: string,
    timeout = "60s",
  ): Promise<{ ended: CliRun; dumps: string }> {
    const cwd = workspace(`go-${name}`);
    writeFileSync(join(cwd, "go.mod"), "module example.com/shop\n\ngo 1.21\n");
    cpSync(join(recipes, "go/main_test.go"), join(cwd, "main_test.go"));
    writeFileSync(
      join(cwd, "jobs_test.go"),
      `package shop\n\nimport (\n\t"testing"\n\t"time"\n)\n\n${body}\n`,
    );
    const dumps = join(cwd, "dumps");
    const args = ["go", "test", "-timeout", timeout, "./..."];
    const ended = await run(args, { cwd, env: { GOROUTINE_DUMPS: dumps, GOFLAGS: "-mod=mod" } });
    return { ended, dumps };
  }

  const stuck = `func startJobs() {
	var ready chan int
	go func() { <-ready }()
	time.Sleep(50 * time.Millisecond)
}
`;

  test("that fails leaves a dump, which names the bug", async () => {
    const { ended, dumps } = await goTest(
      "fails",
      `${stuck}
func TestJobs(t *testing.T) { startJobs(); t.Fatal("no answer") }`,
    );
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(1);
    expect(readdirSync(dumps)).toEqual([expect.stringMatching(/^shop\.test-\d+-failed\.txt$/)]);
    const linted = await startCli([dumps]);
    expect(linted.exitCode, linted.stdout).toBe(1);
    expect(linted.stdout).toContain("shop.startJobs.func1");
  }, 120_000);

  test("that hangs leaves a dump before its time is up", async () => {
    const { ended, dumps } = await goTest(
      "hangs",
      `${stuck}
func TestJobs(t *testing.T) { startJobs(); select {} }`,
      "5s",
    );
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(1);
    expect(readdirSync(dumps)).toEqual([expect.stringMatching(/-timeout\.txt$/)]);
    expect((await startCli([dumps])).exitCode).toBe(1);
  }, 120_000);

  test("that passes leaves none", async () => {
    const { ended, dumps } = await goTest(
      "passes",
      "func TestJobs(t *testing.T) { time.Sleep(time.Millisecond) }",
    );
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    expect(existsSync(dumps)).toBe(false);
  }, 120_000);
});

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Shell text of a pipeline's steps, in one script, and the files that it says it keeps. */
const pipelines: Readonly<
  Record<string, () => { script: string; env: Readonly<Record<string, string>>; keeps: string[] }>
> = {
  "github-actions.yml": () => {
    const { jobs } = load(text(join(recipes, "github-actions.yml"))) as { jobs: { load: { steps: Step[] } } };
    const steps = jobs.load.steps.filter((step) => step.run !== undefined);
    // As a runner does: each in its own shell, the job fails with the first, and the last runs always.
    const shells = steps.map(
      (step, i) => `bash -e <<'STEP_${i}' || code=\${code:-$?}\n${step.run}\nSTEP_${i}\n`,
    );
    const env = Object.assign({}, ...steps.map((step) => step.env ?? {})) as Record<string, string>;
    return { script: `code=\n${shells.join("")}exit \${code:-0}\n`, env, keeps: ["loaded.sarif"] };
  },
  "gitlab-ci.yml": () => {
    const { "load test": job } = load(text(join(recipes, "gitlab-ci.yml"))) as {
      "load test": {
        variables: Record<string, string>;
        before_script: string[];
        script: string[];
        artifacts: { reports: Record<string, string> };
      };
    };
    const keeps = Object.values(job.artifacts.reports).map((path) => basename(path).replace("*", "after"));
    return { script: ["set -e", ...job.before_script, ...job.script].join("\n"), env: job.variables, keeps };
  },
  Jenkinsfile: () => {
    const groovy = text(join(recipes, "Jenkinsfile"));
    expect(groovy.split("{").length).toBe(groovy.split("}").length);
    const scripts = [...groovy.matchAll(/sh (?:'''([\s\S]*?)'''|'([^']*)')/g)].map((m) => m[1] ?? m[2]!);
    expect(scripts.length).toBe(2);
    return {
      script: ["set -e", ...scripts].join("\n"),
      env: { PPROF: /PPROF = '(.*)'/.exec(groovy)![1]! },
      keeps: ["loaded.junit.xml", "after.junit.xml"],
    };
  },
};

describe.skipIf(missing.length > 0)(
  "the shell of a pipeline, with stand-ins for go build and installers",
  () => {
    async function freePorts(): Promise<[number, number]> {
      const servers = [createServer(), createServer()];
      const ports = await Promise.all(
        servers.map(async (server) => {
          await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
          return (server.address() as { port: number }).port;
        }),
      );
      for (const server of servers) server.close();
      return ports as [number, number];
    }

    test.each(Object.keys(pipelines))(
      "%s is red on the hung server, and keeps its reports",
      async (name) => {
        const { script, env, keeps } = pipelines[name]!();
        const [service, debug] = await freePorts();
        const moved = (s: string) =>
          s
            .replaceAll("localhost:8080", `127.0.0.1:${service}`)
            .replaceAll("localhost:6060", `127.0.0.1:${debug}`);
        const cwd = workspace(`pipeline-${name}`);
        cpSync(recipes, join(cwd, "docs/recipes"), { recursive: true });
        const bin = workspace(`bin-${name}`);
        for (const installer of ["sudo", "apt-get", "npm"])
          command(installer, `echo ${installer} "$@" >>installed`, bin);
        // `go build -o server ./cmd/server` gives the metrics server, started with the options that the recipe's server has.
        command("go", `[ "$*" = "build -o server ./cmd/server" ] || exit 9\ncp ${bin}/server server`, bin);
        command(
          "server",
          `[ $# = 4 ] || exit 9\nexec ${pathOf("metrics")} -port "\${2##*:}" -debug-port "\${4##*:}"`,
          bin,
        );
        const here = moved(script).replaceAll("-d60s", "-d8s");
        expect(here).not.toBe(script);
        const moving = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, moved(value)]));
        const ended = await run(["bash", "-c", here], { cwd, bin, env: { ...quick, ...moving } });
        expect(ended.exitCode, ended.stdout + ended.stderr).toBe(1);
        expect(text(join(cwd, "installed"))).toContain("deadlock-lint");
        for (const file of keeps) expect(readdirSync(join(cwd, "deadlock-lint")), file).toContain(file);
        if (name === "github-actions.yml") expect(ended.stdout).toContain("::error ");
      },
      120_000,
    );
  },
);

describe("the action", () => {
  interface Action {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
    readonly outputs: Readonly<Record<string, { readonly value: string }>>;
    readonly runs: {
      readonly using: string;
      readonly steps: (Step & { readonly id?: string; readonly shell?: string })[];
    };
  }
  const action = load(text(join(root, "action.yml"))) as Action;

  async function use(name: string, inputs: Readonly<Record<string, string>>) {
    folder ||= mkdtempSync(join(tmpdir(), "deadlock-lint-recipes-"));
    const cwd = workspace(`action-${name}`);
    const output = join(cwd, "github-output");
    const step = action.runs.steps.find(({ id }) => id === "lint")!;
    const env = Object.fromEntries(
      Object.entries(step.env!).map(([key, value]) => {
        const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]!;
        expect(Object.keys(action.inputs)).toContain(input);
        return [key, inputs[input] ?? action.inputs[input]!.default ?? ""];
      }),
    );
    const ended = await run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run!], {
      cwd,
      env: { ...env, GITHUB_ACTION_PATH: root, GITHUB_OUTPUT: output },
    });
    return { ended, cwd, output: text(output) };
  }

  test("has what GitHub asks for, and no input in the text of a script", () => {
    expect(action.runs.using).toBe("composite");
    for (const step of action.runs.steps) {
      expect(step.shell).toBe("bash");
      expect(step.run).not.toContain("${{");
    }
  });

  test("ends with the code of the gate, says it, and leaves reports", async () => {
    const red = await use("red", { dumps: `${quiet}\n${lockCycle}\n` });
    expect(red.ended.exitCode, red.ended.stderr).toBe(1);
    expect(red.ended.stdout).toContain("::error ");
    expect(red.output).toBe("exit-code=1\nsarif=deadlock-lint/report.sarif\n");
    expect(readdirSync(join(red.cwd, "deadlock-lint")).sort()).toEqual([
      "report.html",
      "report.json",
      "report.junit.xml",
      "report.sarif",
    ]);
    const green = await use("green", { dumps: quiet, options: "--max-goroutines\n7" });
    expect(green.ended.exitCode, green.ended.stderr).toBe(0);
    const dead = await use("dead", { pprof: "http://127.0.0.1:1", options: "--retries\n0" });
    expect(dead.ended.exitCode).toBe(3);
  });

  test("runs nothing that is written in its inputs, and passes by no accident without any", async () => {
    const hostile = await use("hostile", {
      dumps: "$(touch hacked)\n`touch hacked`; touch hacked\n--version",
    });
    expect(hostile.ended.exitCode).toBe(2);
    expect(readdirSync(hostile.cwd)).not.toContain("hacked");
    expect((await use("empty", {})).ended.exitCode).toBe(3);
  });
});

test("every YAML recipe is valid, and the manifest's parts are named alike", () => {
  for (const file of readdirSync(recipes).filter((name) => /\.ya?ml$/.test(name)))
    expect(loadAll(text(join(recipes, file))).length, file).toBeGreaterThan(0);
  const parts = loadAll(text(join(recipes, "kubernetes-job.yaml"))) as {
    apiVersion: string;
    kind: string;
    metadata: { name: string };
  }[];
  expect(parts.map(({ kind }) => kind)).toEqual(["ServiceAccount", "Role", "RoleBinding", "Job"]);
  expect(new Set(parts.map(({ metadata }) => metadata.name)).size).toBe(1);
});
