#!/usr/bin/env node
// Starts the bundle, with its code as V8 compiled it in the build where that was this V8: compiling is half of a small run.
"use strict";
const { readFileSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");

const bundle = join(__dirname, "bundle.cjs");
const script = compiledInBuild();
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
