#!/usr/bin/env node
// Starts the bundle, with its code as V8 compiled it in the build where that was this V8: compiling is half of a small run.
"use strict";
const { closeSync, openSync, readFileSync, readSync, statSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

scanAhead();
const bundle = join(__dirname, "bundle.cjs");
const script = compiledInBuild();
// The V8 of Node 20 compiles for speed what has run for a moment, which costs more than it gives where a run lasts one
// second: it is to wait twelve times as long. (Not before the line above: compiled code is tied to the flags.)
if (process.versions.v8.startsWith("11.")) {
  setFlagsFromString("--interrupt-budget=800000");
  // Reading that lasts longer, as of a file of gigabytes, is worth it: V8's own value. (Matching is never interrupted.)
  setTimeout(() => setFlagsFromString("--interrupt-budget=67584"), 1500).unref();
  // To twice what is alive, where V8 would let the heap grow to four times that: of thousands of dumps most is soon garbage.
  setFlagsFromString("--heap-growing-percent=100");
  // What is garbage is not looked for while a short run goes on: marking in the background takes what scanning needs.
  setFlagsFromString("--no-incremental-marking");
  setTimeout(() => setFlagsFromString("--incremental-marking"), 600).unref();
}
if (script !== undefined) {
  script.runInThisContext()(exports, require, module, bundle, __dirname);
} else {
  // From Node 22.1 on, Node keeps compiled code from run to run.
  enableCompileCache?.();
  require(bundle);
}

/** The bundle with the build's compiled code; `undefined` when that is another V8's, or not there. */
function compiledInBuild() {
  let cachedData;
  try {
    // The build writes the hash of the bundle here: V8 itself compares only its length.
    cachedData = readFileSync(join(__dirname, "bundle.HASH.cache"));
  } catch {
    return undefined;
  }
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(bundle, "utf8")}\n})`;
  const compiled = new Script(source, { filename: bundle, cachedData });
  return compiled.cachedDataRejected ? undefined : compiled;
}

/**
 * Sets a worker to scan a large traceback, which so has begun when the command line is loaded and the rules are compiled.
 * src/read/traceback/scan-ahead.ts takes it over; of a file that turns out to need another reader nobody does.
 */
function scanAhead() {
  const words = process.argv.slice(2);
  if (availableParallelism() < 2 || words.some((word) => word.startsWith("--threads"))) return;
  // As in src/read/go-traceback.ts.
  const largeFile = 24 << 20;
  const segmentSize = 4 << 20;
  const path = words.find((word) => !word.startsWith("-") && sizeOf(word) >= largeFile && isTraceback(word));
  if (path === undefined) return;
  try {
    const { MessageChannel, Worker } = require("node:worker_threads");
    const { port1, port2 } = new MessageChannel();
    const file = { path, size: sizeOf(path), segmentSize };
    const queue = new SharedArrayBuffer(20);
    const worker = new Worker(join(__dirname, "../read/traceback/scan-worker.cjs"), {
      workerData: { file, queue, port: port2 },
      transferList: [port2],
    });
    const ahead = { file, worker, queue, port: port1, failure: undefined };
    worker.once("error", (error) => {
      ahead.failure = error;
    });
    worker.unref();
    globalThis[Symbol.for("deadlock-lint.scan-ahead")] = ahead;
  } catch {
    // Where no worker can be had, the reader does without.
  }
}

/** Bytes of a plain file; 0 for anything else. */
function sizeOf(path) {
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : 0;
  } catch {
    // Who reads it says what is wrong.
    return 0;
  }
}

function isTraceback(path) {
  const head = Buffer.alloc(1 << 16);
  try {
    const descriptor = openSync(path, "r");
    readSync(descriptor, head, 0, head.length, 0);
    closeSync(descriptor);
  } catch {
    return false;
  }
  const text = head.toString("latin1");
  // Without the blank lines at which it is divided (CRLF), one thread reads it all.
  return /^goroutine \d+ \[/m.test(text) && text.includes("\n\ngoroutine ");
}
