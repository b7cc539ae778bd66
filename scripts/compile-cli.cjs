// Runs the bundled command line on dumps and writes its code as V8 compiled it for them, which src/cli/start.cjs begins with.
// usage: node scripts/compile-cli.cjs BUNDLE CACHE DUMP..
"use strict";
const { readFileSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const [bundle, cache] = process.argv.splice(1, 3).slice(1);
process.argv.splice(1, 0, bundle);
const script = new Script(
  // To the letter as start.cjs has it.
  `(function(exports,require,module,__filename,__dirname){${readFileSync(bundle, "utf8")}\n})`,
  { filename: bundle },
);
process.on("exit", () => {
  writeFileSync(cache, script.createCachedData());
  // What was found does not matter here.
  if (process.exitCode === 1) process.exitCode = 0;
});
script.runInThisContext()(exports, require, module, bundle, dirname(bundle));
