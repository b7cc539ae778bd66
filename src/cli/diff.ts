import type { Argv, CommandModule } from "yargs";
import type { KnownError } from "../errors.ts";
import { diffDumps } from "../model/diff.ts";
import type { Dump } from "../model/dump.ts";
import { groupings } from "../model/grouping.ts";
import { type PassedOver, passedOverNote } from "../read/passed-over.ts";
import { diffText } from "../report/diff-text.ts";
import { json } from "../report/escape.ts";

/** Reads one side; what can't be read is a failure, the rest counts. */
export type ReadSide = (path: string) => Promise<{
  readonly dumps: readonly Dump[];
  readonly failures: readonly { readonly error: KnownError }[];
  readonly skipped?: readonly PassedOver[];
}>;

interface DiffArguments {
  readonly before: string;
  readonly after: string;
  readonly by: (typeof groupings)[number];
  readonly label: string | undefined;
  readonly "max-groups": number;
  readonly all: boolean;
  readonly json: boolean;
  readonly color: boolean | undefined;
}

/** `deadlock-lint diff before after`: which groups of goroutines are new, grew, shrank or are gone. */
export function diffCommand(read: ReadSide): CommandModule<object, DiffArguments> {
  return {
    command: "diff <before> <after>",
    describe: "Compare two dumps, or two directories of dumps",
    builder: (yargs) => build(yargs) as Argv<DiffArguments>,
    handler: async (args) => {
      const { stdout } = process;
      const color = args.color ?? (stdout.isTTY === true && (process.env.NO_COLOR ?? "") === "");
      const { text, code } = await runDiff(args, read, color);
      await new Promise<void>((resolve) => stdout.write(text, () => resolve()));
      process.exitCode = code;
    },
  };
}

function build(yargs: Argv): Argv {
  return yargs
    .positional("before", {
      type: "string",
      demandOption: true,
      describe: "The earlier dump: a file or a directory",
    })
    .positional("after", { type: "string", demandOption: true, describe: "The later one" })
    .option("by", {
      choices: groupings,
      default: "site" as const,
      describe: "Count by whole stack, blocking line, entry function, creator, label or wait",
    })
    .option("label", { type: "string", requiresArg: true, describe: "With --by label: this label alone" })
    .option("max-groups", { type: "number", default: 40, describe: "Groups shown; 0 for all" })
    .option("all", { type: "boolean", default: false, describe: "Show groups that did not change, too" })
    .option("color", { type: "boolean", describe: "Colour the text (also NO_COLOR)" })
    .option("json", { type: "boolean", default: false, describe: "Print the comparison as JSON" })
    .example("$0 diff before.txt after.txt", "What grew between two dumps")
    .example("$0 diff before.txt after.txt --by entry --json", "The same by goroutine function, for scripts");
}

/**
 * Runs the command.
 * @returns what to print, and the exit code: 0, or 3 when a dump is incomplete or missing
 * @throws the first failure when a side has no dump at all
 */
export async function runDiff(
  args: DiffArguments,
  read: ReadSide,
  color: boolean,
): Promise<{ text: string; code: 0 | 3 }> {
  const [before, after] = await Promise.all([read(args.before), read(args.after)]);
  for (const side of [before, after])
    if (side.dumps.length === 0 && side.failures[0] !== undefined) throw side.failures[0].error;
  const diff = diffDumps(
    before.dumps,
    after.dumps,
    args.by,
    args.label === undefined ? {} : { label: args.label },
  );
  const failures = [...before.failures, ...after.failures].map((f) => f.error.message);
  const passedOver = passedOverNote([...(before.skipped ?? []), ...(after.skipped ?? [])]);
  const notes = [...diff.notes, ...failures, ...(passedOver === undefined ? [] : [passedOver])];
  const whole = { ...diff, notes };
  const text = args.json
    ? `${json(whole, 2)}\n`
    : diffText(whole, { color, maxGroups: args["max-groups"], unchanged: args.all });
  const code = failures.length === 0 && diff.before.complete && diff.after.complete ? 0 : 3;
  return { text, code };
}
