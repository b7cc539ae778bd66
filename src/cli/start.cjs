#!/usr/bin/env node
// Starts the bundle, with its code as V8 compiled it in the build where that was this V8: compiling is half of a small run.
"use strict";
const { readFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

const bundle = join(__dirname, "bundle.cjs");
const script = compiledInBuild();
// The V8 of Node 20 compiles for speed what has run for a moment, which costs more than it gives where a run lasts one
// second: it is to wait twelve times as long. (Not before the line above: compiled code is tied to the flags.)
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=800000");
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
