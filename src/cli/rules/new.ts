import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { UsageError } from "../../errors.ts";
import { readDumps } from "../../read/read-dumps.ts";
import { schemaReference } from "../../schema-reference.ts";
import { writeAtomically } from "../output.ts";
import { processTerminal, write } from "../terminal.ts";

const options = {
  from: { type: "string", nargs: 1, describe: "Dump with goroutines that the rule must match" },
  goroutine: {
    type: "number",
    array: true,
    nargs: 1,
    describe: "Id of a goroutine of that dump; may be repeated",
  },
  output: { type: "string", alias: "o", describe: "File to write; deadlock-rules/NAME.yaml without it" },
} as const;

type NewArguments = InferredOptionTypes<typeof options> & { id: string };

/** `rules new ID`: a rule to begin with, from goroutines of a dump if there is one. */
export const newRule: CommandModule<object, NewArguments> = {
  command: "new <id>",
  describe: "Write a rule to begin with, from goroutines of a dump if you have one",
  builder: (yargs: Argv) =>
    yargs
      .positional("id", { type: "string", demandOption: true, describe: "Id of the rule: AREA/NAME" })
      .options(options)
      .example(
        "$0 rules new team/pool --from incident.txt --goroutine 42 --goroutine 43",
        "a rule that matches these two, with a test",
      ) as Argv<NewArguments>,
  handler: writeRule,
};

async function writeRule(argv: ArgumentsCamelCase<NewArguments>): Promise<void> {
  const { id, from, goroutine = [] } = argv;
  if (!/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(id))
    throw new UsageError(`${id} is no rule id`, {
      hint: "write AREA/NAME in small letters: team/pool-exhausted",
    });
  if ((from === undefined) !== (goroutine.length === 0))
    throw new UsageError("--from and --goroutine belong together", {
      hint: "name the dump and at least one goroutine",
    });
  const file = argv.output ?? join("deadlock-rules", `${id.slice(id.indexOf("/") + 1)}.yaml`);
  if (existsSync(file))
    throw new UsageError(`${file} is there already`, { hint: "name another with --output" });
  const { emptyRule } = await import("../../making/new-rule.ts");
  const text = from === undefined ? emptyRule(id) : await fromDump(id, from, goroutine);
  await mkdir(dirname(file), { recursive: true });
  await writeAtomically(file, `${schemaReference("rules", file)}${text}`);
  await write(
    processTerminal().stdout,
    `wrote ${file}; run its tests with: deadlock-lint rules test ${file}\n`,
  );
}

async function fromDump(id: string, from: string, ids: readonly number[]): Promise<string> {
  const { ruleFrom } = await import("../../making/new-rule.ts");
  const { dumps, failures } = await readDumps([from], { threads: 1 });
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  const dump = dumps.find((d) => ids.every((n) => d.goroutines.id.includes(n)));
  if (dump === undefined)
    throw new UsageError(`${from} has no goroutines ${ids.join(", ")} together`, {
      hint: "ids are the numbers after “goroutine” in the dump",
    });
  return ruleFrom(
    id,
    dump,
    ids.map((n) => dump.goroutines.id.indexOf(n)),
  );
}
