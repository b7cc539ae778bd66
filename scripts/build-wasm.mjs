// @ts-check
// Compiles wasm/*.ts (AssemblyScript) into modules of src/, which are committed: only who changes a kernel needs the
// compiler. It is fetched by npx, in the version that is pinned here.
// usage: npm run wasm

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const compiler = "assemblyscript@0.28.20";
const shared = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

make("scan-kernel", "src/read/traceback/scan-kernel.ts", "scanKernel", ["--enable", "simd"]);
make("learned-rows", "src/read/traceback/learned-rows-kernel.ts", "learnedRowsKernel", shared);
make("known-rows", "src/model/known-rows-kernel.ts", "knownRowsKernel", shared);

/**
 * @param {string} kernel
 * @param {string} target
 * @param {string} name of what the module exports
 * @param {string[]} options
 */
function make(kernel, target, name, options) {
  const source = `wasm/${kernel}.ts`;
  const folder = mkdtempSync(join(tmpdir(), "wasm-"));
  const binary = join(folder, `${kernel}.wasm`);
  const all = ["-O3", "--noAssert", "--runtime", "stub", ...options, "--importMemory", "-o", binary];
  const root = new URL("..", import.meta.url);
  execFileSync("npx", ["--yes", "-p", compiler, "asc", source, ...all], { cwd: root, stdio: "inherit" });
  const hash = createHash("sha256")
    .update(readFileSync(new URL(source, root)))
    .digest("hex");
  const base64 = readFileSync(binary).toString("base64");
  rmSync(folder, { recursive: true });
  writeFileSync(
    new URL(target, root),
    `// Made by \`npm run wasm\` from ${source}; do not edit.

/** SHA-256 of the source that this was made of. */
export const ${name}Source = "${hash}";

/** The WebAssembly module, in base64. */
export const ${name} =
  "${base64}";
`,
  );
}
