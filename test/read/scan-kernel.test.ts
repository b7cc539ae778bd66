import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scanKernelSource } from "../../src/read/traceback/scan-kernel.ts";

test("the committed kernel was made from the source beside it", () => {
  const source = readFileSync(new URL("../../wasm/scan-kernel.ts", import.meta.url));
  expect(createHash("sha256").update(source).digest("hex"), "run `npm run wasm`").toBe(scanKernelSource);
});
