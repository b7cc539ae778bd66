import { gzipSync } from "node:zlib";
import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { readDumps } from "../read/read-dumps.ts";
import { inputOptions } from "./options.ts";
import { writeAtomically } from "./output.ts";
import { exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { inputsOf } from "./take-dumps.ts";
import { tellUnread } from "./tell-unread.ts";
import { processTerminal, write } from "./terminal.ts";

const options = {
  ...inputOptions,
  output: {
    alias: "o",
    type: "string",
    describe: "File to write; gzipped when its name ends in .gz; standard output when left out",
  },
} as const;

type CondenseArguments = InferredOptionTypes<typeof options> & { dump?: string[] | undefined };

/** Writes dumps in the condensed form that keeps all findings, to be stored or sent. */
export const condense: CommandModule<object, CondenseArguments> = {
  command: "condense [dump..]",
  describe: "Write dumps as one small JSON file that gives the same findings",
  builder: (yargs: Argv) =>
    yargs
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 condense dump.txt -o small.json", "a hundredth of the size")
      .example("$0 small.json", "the same findings") as Argv<CondenseArguments>,
  handler: runCondense,
};

async function runCondense(argv: ArgumentsCamelCase<CondenseArguments>): Promise<void> {
  const terminal = processTerminal();
  const read = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  const { dumps, failures } = read;
  await tellUnread(read, terminal);
  if (dumps.length > 0) {
    const { snapshotText } = await import("../read/snapshot/write.ts");
    const text = snapshotText(dumps);
    const { output } = argv;
    if (output === undefined) await write(terminal.stdout, text);
    else await writeAtomically(output, output.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
  }
  process.exitCode = failures.some((f) => exitCodeOf(f.error) === 2)
    ? 2
    : failures.length > 0 || dumps.some((dump) => !dump.complete)
      ? 3
      : 0;
}
