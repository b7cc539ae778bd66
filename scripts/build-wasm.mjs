// @ts-check
// Compiles wasm/scan-kernel.ts (AssemblyScript) into src/read/traceback/scan-kernel.ts, which is committed: only who
// changes the kernel needs the compiler. It is fetched by npx, in the version that is pinned here.
// usage: npm run wasm

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const compiler = "assemblyscript@0.28.20";
const source = new URL("../wasm/scan-kernel.ts", import.meta.url);
const target = new URL("../src/read/traceback/scan-kernel.ts", import.meta.url);

const folder = mkdtempSync(join(tmpdir(), "wasm-"));
const binary = join(folder, "scan.wasm");
const options = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  "-o",
  binary,
];
execFileSync("npx", ["--yes", "-p", compiler, "asc", source.pathname, ...options], { stdio: "inherit" });
const hash = createHash("sha256").update(readFileSync(source)).digest("hex");
const base64 = readFileSync(binary).toString("base64");
rmSync(folder, { recursive: true });
writeFileSync(
  target,
  `// Made by \`npm run wasm\` from wasm/scan-kernel.ts; do not edit.

/** SHA-256 of the source that this was made of. */
export const scanKernelSource = "${hash}";

/** The WebAssembly module, in base64. */
export const scanKernel =
  "${base64}";
`,
);
