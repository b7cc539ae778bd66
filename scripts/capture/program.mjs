// @ts-check
import { spawn } from "node:child_process";

/**
 * @typedef {object} Program a running child process and what it has printed
 * @property {import("node:child_process").ChildProcess} child
 * @property {number} pid
 * @property {() => string} stdout
 * @property {() => string} stderr
 * @property {Promise<number | null>} exited resolves to the exit code, null after a signal
 * @property {(pattern: RegExp, timeoutMs: number) => Promise<RegExpExecArray>} saw waits until its output matches
 * @property {(timeoutMs?: number) => Promise<string>} quit sends SIGQUIT and returns the traceback
 * @property {() => Promise<void>} kill
 */

/**
 * Starts a program and collects what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Program}
 */
export function startProgram(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  /** @type {Set<() => void>} */
  const watchers = new Set();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  for (const name of /** @type {const} */ (["stdout", "stderr"])) {
    child[name].setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      output[name] += text;
      changed();
    });
  }
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  exited.then(changed, changed);

  /** @type {Program} */
  const program = {
    child,
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    saw: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const fail = (/** @type {string} */ why) => {
          stop();
          reject(
            new Error(`${command} ${args.join(" ")}: ${why} ${pattern}\n${output.stdout}\n${output.stderr}`),
          );
        };
        const timer = setTimeout(() => fail(`after ${timeoutMs} ms no`), timeoutMs);
        const check = () => {
          const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (match) {
            stop();
            resolve(match);
          } else if (child.exitCode !== null) fail("ended without");
        };
        const stop = () => {
          clearTimeout(timer);
          watchers.delete(check);
        };
        watchers.add(check);
        check();
      }),
    quit: async (timeoutMs = 60_000) => {
      child.kill("SIGQUIT");
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      await exited;
      clearTimeout(timer);
      return output.stderr;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited.catch(() => undefined);
    },
  };
  return program;
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
