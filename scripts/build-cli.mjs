// Bundles the command line into one file: most runs are small, and loading 150 modules takes longer than they do. It is
// CommonJS, so that what a run does not need is neither evaluated nor loaded from node_modules.
// The library (dist/index.js) stays as tsc writes it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { thirdPartyLicences } from "./third-party.mjs";

/** @satisfies {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  // Less to read at each start; names stay, for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
};

// A thread that scans begins before all else, and so loads one file, too.
await build({
  ...common,
  entryPoints: ["src/read/traceback/scan-worker.ts"],
  outfile: "dist/read/traceback/scan-worker.cjs",
});
rmSync("dist/read/traceback/scan-worker.js");

const { metafile } = await build({
  ...common,
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/cli/bundle.cjs",
  // What V8 compiled in an earlier process has no way to import.
  supported: { "dynamic-import": false },
  legalComments: "linked",
  define: { "import.meta.url": "moduleUrl" },
  banner: { js: 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
  // yargs measures columns by graphemes: loading Unicode's tables takes longer than a small run, and help has no emoji.
  // Of Node's assert, which takes long to load, it needs two lines.
  alias: { "string-width": "./src/cli/string-width.ts", assert: "./src/cli/assert.ts" },
  external: [
    "ajv",
    "js-yaml",
    "re2js",
    "pprof-format",
    "@dagrejs/dagre",
    "fzstd",
    "tinyglobby",
    "web-tree-sitter",
    "xxhash-wasm",
  ],
  metafile: true,
});
writeFileSync("dist/cli/THIRD-PARTY-LICENCES.txt", thirdPartyLicences(Object.keys(metafile.inputs)));

// Dumps that make a run go through most of what small runs need.
const dumps = [
  "fixtures/rules/channel/consumer-sends-to-own-channel/fires.metrics.go1.24.debug2.txt.gz",
  "fixtures/dumps/delve-json/go1.27-dlv1.27-list.json",
];
const bundle = resolve("dist/cli/bundle.cjs");
const hash = createHash("sha256").update(readFileSync(bundle)).digest("hex").slice(0, 16);
const cache = `bundle.${hash}.cache`;
for (const name of readdirSync("dist/cli")) if (name.endsWith(".cache")) rmSync(`dist/cli/${name}`);
execFileSync(process.execPath, ["scripts/compile-cli.cjs", bundle, `dist/cli/${cache}`, ...dumps]);
const start = readFileSync("src/cli/start.cjs", "utf8").replace("bundle.HASH.cache", cache);
writeFileSync("dist/cli/main.cjs", start, { mode: 0o755 });
