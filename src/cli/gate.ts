import { readFile } from "node:fs/promises";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { AnalyzeOptions } from "../analyze.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../errors.ts";
import { type BaselineEntry, parseBaseline } from "../gate/baseline.ts";
import { parseGrowth } from "../gate/budgets.ts";
import type { gateOptions } from "./options.ts";

type GateArguments = ArgumentsCamelCase<InferredOptionTypes<typeof gateOptions>>;

/**
 * The deciding half of a command line, which wins over the configuration.
 * @throws UsageError for a baseline that can't be read and numbers that make no sense
 */
export async function gateChoices(argv: GateArguments, config: Config | undefined): Promise<AnalyzeOptions> {
  if (argv.strictBaseline && argv.baseline === undefined)
    throw new UsageError("--strict-baseline needs --baseline FILE");
  const { gate } = config ?? {};
  const failOn = argv.failOn ?? gate?.failOn?.value;
  const minConfidence = argv.minConfidence ?? gate?.minConfidence?.value;
  const allowPartial = argv.allowPartial ?? gate?.allowPartial?.value;
  return {
    ...(failOn === undefined ? {} : { failOn }),
    ...(minConfidence === undefined ? {} : { minConfidence }),
    ...(allowPartial === undefined ? {} : { allowPartial }),
    strictBaseline: argv.strictBaseline,
    ...(argv.baseline === undefined ? {} : { baseline: await readBaseline(argv.baseline) }),
    budgets: [
      {
        ...(argv.maxGoroutines === undefined
          ? {}
          : { maxGoroutines: whole(argv.maxGoroutines, "--max-goroutines") }),
        ...(argv.maxBlocked === undefined ? {} : { maxBlocked: whole(argv.maxBlocked, "--max-blocked") }),
        ...(argv.maxGrowth === undefined ? {} : { maxGrowth: parseGrowth(argv.maxGrowth) }),
      },
      ...(config?.budgets ?? []).map(({ value }) => value),
    ],
  };
}

/** @throws UsageError when the file can't be read or is no baseline */
export async function readBaseline(file: string): Promise<BaselineEntry[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${file}: can't be read: ${(cause as Error).message}`, {
      hint: `Write it: deadlock-lint baseline write DUMP… --output ${file}`,
      cause,
    });
  }
  return parseBaseline(text, file);
}

function whole(value: number, option: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new UsageError(`${option} must be a whole number from 0`);
  return value;
}
