import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { type GroupBy, groupings } from "../model/grouping.ts";
import { histogram } from "../model/histogram.ts";
import { readDumps } from "../read/read-dumps.ts";
import { count, plural } from "../report/describe.ts";
import { json, visible } from "../report/escape.ts";
import { inputOptions } from "./options.ts";
import { exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { inputsOf } from "./take-dumps.ts";
import { tellUnread } from "./tell-unread.ts";
import { processTerminal, write } from "./terminal.ts";

const options = {
  ...inputOptions,
  by: {
    choices: groupings,
    default: "site" as const,
    describe: "Count goroutines by the line that blocks, entry function, wait, creator, label or whole stack",
  },
  label: { type: "string", describe: "The label key to count by, with --by label" },
  top: { type: "number", default: 30, describe: "Show at most so many groups; 0 for all" },
  json: { type: "boolean", default: false, describe: "Print JSON" },
} as const;

type StacksArguments = InferredOptionTypes<typeof options> & { dump?: string[] | undefined };

/** The histogram that people otherwise make with jq, sort and uniq. */
export const stacks: CommandModule<object, StacksArguments> = {
  command: "stacks [dump..]",
  describe: "Count goroutines by site, entry, wait, creator, label or stack",
  builder: (yargs: Argv) =>
    yargs
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 stacks dump.json", "where goroutines are parked")
      .example(
        "$0 stacks --by creator --json dump.txt",
        "who started them, for scripts",
      ) as Argv<StacksArguments>,
  handler: runStacks,
};

async function runStacks(argv: ArgumentsCamelCase<StacksArguments>): Promise<void> {
  const terminal = processTerminal();
  const read = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  const { dumps, failures } = read;
  const groups = dumps.map((dump) => ({
    dump: dump.name,
    ...histogram(dump, argv.by as GroupBy, argv.label),
  }));
  await tellUnread(read, terminal);
  if (argv.json) await write(terminal.stdout, `${json(groups, 2)}\n`);
  else
    for (const { dump, total, rows } of groups)
      await write(terminal.stdout, table(dump, total, rows, argv.top, groups.length > 1));
  const partial = dumps.some((d) => !d.complete || d.goroutines.length === 0);
  process.exitCode = failures.some((f) => exitCodeOf(f.error) === 2)
    ? 2
    : failures.length > 0 || partial
      ? 3
      : 0;
}

function table(
  name: string,
  total: number,
  rows: readonly { readonly count: number; readonly key: string }[],
  top: number,
  named: boolean,
): string {
  const shown = top > 0 ? rows.slice(0, top) : rows;
  const width = count(total).length;
  const lines = shown.map(({ count: goroutines, key }) => {
    const percent = `${((100 * goroutines) / Math.max(1, total)).toFixed(1)} %`.padStart(7);
    return `${count(goroutines).padStart(width)} ${percent}  ${visible(key.replaceAll("\n", " ← "))}`;
  });
  const rest = rows.slice(shown.length).reduce((n, r) => n + r.count, 0);
  if (rest > 0)
    lines.push(
      `${count(rest).padStart(width)}           in ${plural(rows.length - shown.length, "smaller group")} (--top 0 shows all)`,
    );
  const noun = total === 1 ? "goroutine" : "goroutines";
  lines.push(`${count(total).padStart(width)}           ${noun} in ${plural(rows.length, "group")}`);
  return `${named ? `${visible(name)}\n` : ""}${lines.join("\n")}\n`;
}
