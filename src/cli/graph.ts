import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { Facts } from "../match/facts.ts";
import { waitForGraph } from "../match/wait-for.ts";
import { readDumps } from "../read/read-dumps.ts";
import { json } from "../report/escape.ts";
import { graphsToDot, graphsToMermaid, type TitledGraph } from "../report/graph.ts";
import { inputOptions } from "./options.ts";
import { exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { inputsOf } from "./take-dumps.ts";
import { tellUnread } from "./tell-unread.ts";
import { processTerminal, write } from "./terminal.ts";

const options = {
  ...inputOptions,
  format: {
    choices: ["dot", "mermaid", "svg", "json"] as const,
    default: "dot" as const,
    describe: "How the graph is written",
  },
} as const;

type Graphs = readonly TitledGraph[];

type Format = (typeof options)["format"]["choices"][number];

const formats: Readonly<Record<Format, (graphs: Graphs) => string | Promise<string>>> = {
  dot: graphsToDot,
  mermaid: graphsToMermaid,
  svg: async (graphs) => {
    const { picturesSvg } = await import("../report/svg/picture.ts");
    return `${picturesSvg(graphs)}\n`;
  },
  json: (graphs) => `${json(graphs, 2)}\n`,
};

type GraphArguments = InferredOptionTypes<typeof options> & { dump?: string[] | undefined };

/** Who waits for what in a dump, and who may hold it. */
export const graph: CommandModule<object, GraphArguments> = {
  command: "graph [dump..]",
  describe: "Draw who waits for what, and who may hold it",
  builder: (yargs: Argv) =>
    yargs
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 graph --format svg dump.txt > graph.svg", "a picture") as Argv<GraphArguments>,
  handler: runGraph,
};

async function runGraph(argv: ArgumentsCamelCase<GraphArguments>): Promise<void> {
  const terminal = processTerminal();
  const read = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  const { dumps, failures } = read;
  await tellUnread(read, terminal);
  const graphs = dumps.map((dump) => ({ title: dump.name, ...waitForGraph(new Facts(dump)) }));
  for (const { title, omitted } of graphs)
    if (omitted > 0)
      await write(terminal.stderr, `${title}: the ${omitted} smallest groups of goroutines are left out\n`);
  await write(terminal.stdout, await formats[argv.format](graphs));
  const partial = graphs.some(({ omitted }) => omitted > 0) || dumps.some((d) => !d.complete);
  if (failures.some((f) => exitCodeOf(f.error) === 2)) process.exitCode = 2;
  else if (failures.length > 0 || partial) process.exitCode = 3;
}
