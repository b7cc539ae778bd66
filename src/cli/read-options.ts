import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { UsageError } from "../errors.ts";
import type { ReadDumpsOptions } from "../read/read-dumps.ts";
import { versionPattern } from "../read/reader.ts";
import type { inputOptions } from "./options.ts";
import { progressOn } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { parseSize } from "./units.ts";

/** The reading half of a command line. */
export function readOptionsOf(
  argv: ArgumentsCamelCase<InferredOptionTypes<typeof inputOptions>>,
  terminal: Terminal,
): ReadDumpsOptions {
  const { goVersion, inputFormat, maxFiles, threads } = argv;
  if (goVersion !== undefined && !versionPattern.test(goVersion)) {
    throw new UsageError(`--go-version ${goVersion} is no Go version`, {
      hint: "write it as go1.24 or go1.24.3",
    });
  }
  atLeastOne("--threads", threads);
  atLeastOne("--max-files", maxFiles);
  const onProgress = progressOn(terminal);
  return {
    threads,
    maxDecompressedBytes: parseSize(argv.maxDecompressedBytes, "--max-decompressed-bytes"),
    maxZstdWindow: parseSize(argv.maxZstdWindow, "--max-zstd-window"),
    maxFiles,
    ...(onProgress === undefined ? {} : { onProgress }),
    stdin: terminal.stdin,
    ...(inputFormat === undefined ? {} : { inputFormat }),
    ...(goVersion === undefined ? {} : { goVersion }),
  };
}

function atLeastOne(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${option} ${value} must be a whole number from 1`);
}
