import { analyze } from "../analyze.ts";
import { UsageError } from "../errors.ts";
import { readDumps } from "../read/read-dumps.ts";
import { plural, withSymptoms } from "../report/describe.ts";
import { visible } from "../report/escape.ts";
import type { Rule } from "../rules/rule.ts";

/** A finding in a dump in which nothing is wrong. */
export interface Noise {
  readonly dump: string;
  readonly ruleId: string;
  readonly message: string;
}

/**
 * What rules find in dumps of healthy programs.
 * @throws UsageError when the corpus holds no dump, which would pass by accident
 */
export async function quietCorpus(paths: readonly string[], rules: readonly Rule[]): Promise<Noise[]> {
  const { dumps, failures } = await readDumps(paths, { threads: 1 });
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  if (dumps.length === 0) throw new UsageError(`no dump in the quiet corpus ${paths.join(", ")}`);
  return analyze(dumps, rules).findings.flatMap((finding) =>
    [...withSymptoms(finding)].map(({ dump, ruleId, message }) => ({ dump, ruleId, message })),
  );
}

/** For people. */
export function noiseText(noise: readonly Noise[]): string {
  if (noise.length === 0) return "the quiet corpus is quiet\n";
  const lines = noise.map((n) => `✗ ${n.dump}: ${n.ruleId}: ${n.message}`);
  return `${[...lines, `${plural(noise.length, "finding")} in the quiet corpus`].map(visible).join("\n")}\n`;
}
