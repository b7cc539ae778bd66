// Bundles the command line into dist/cli: most runs are small, and loading 140 modules takes longer than they do.
// The library (dist/index.js) stays as tsc writes it.
import { rmSync } from "node:fs";
import { build } from "esbuild";

// Chunks carry hashes in their names: those of earlier builds would stay.
rmSync("dist/cli/chunks", { recursive: true, force: true });
await build({
  entryPoints: ["src/cli/main.ts"],
  outdir: "dist/cli",
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  legalComments: "linked",
  // What few runs need is loaded from node_modules when they do.
  external: [
    "ajv",
    "js-yaml",
    "re2js",
    "pprof-format",
    "@dagrejs/dagre",
    "fflate",
    "fzstd",
    "tinyglobby",
    "web-tree-sitter",
  ],
  logLevel: "warning",
});
