import yargs, { type Argv } from "yargs";
import { UsageError } from "../errors.ts";
import { version } from "../version.ts";
import { commandNames, commandParts, commands } from "./commands.ts";
import { errorText, exitCodeOf } from "./print-error.ts";
import { outputError, processTerminal, write } from "./terminal.ts";
import { checkValues, suggestCommand, suggestOrder, usageError } from "./usage.ts";

const terminal = processTerminal();
// A reader that went away (`| head`) does not change what was found.
let lostOutput: NodeJS.ErrnoException | undefined;
terminal.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") lostOutput ??= error;
});
terminal.stderr.on("error", () => undefined);

const words = process.argv.slice(2);
const names = ["completion", ...commandNames(commands)];
const parser: Argv = yargs(words)
  .scriptName("deadlock-lint")
  .usage("$0 [dump..]\n\nThe linter for goroutine dumps: names the root cause of a hang, with the evidence.")
  .command(commands)
  .completion("completion", "Print a completion script for bash or zsh")
  .strict()
  .middleware(() => suggestCommand(words[0] ?? "", names), true)
  .middleware(() => suggestOrder(words, names), true)
  .middleware(takeOperands)
  .middleware((argv) => checkValues(argv, parser, words))
  .version(version)
  .alias("h", "help")
  .wrap(Math.min(100, terminal.stdout.columns ?? 100))
  .epilogue(
    "Exit codes: 0 clean, 1 findings at the gate, 2 could not run as asked, 3 input not fully analysed.",
  )
  .exitProcess(false)
  .fail((message: string | null, error: Error | undefined) => {
    throw error ?? usageError(message ?? "wrong usage", parser, words, commandParts);
  });

let isDone = false;
// Node ends where nothing is left that could happen, even while somebody waits: with 0, which would be a pass.
process.once("beforeExit", () => {
  if (isDone) return;
  const error = new Error("the run ended before it was done");
  process.exitCode = exitCodeOf(error);
  void write(terminal.stderr, errorText(error));
});
void run();

async function run(): Promise<void> {
  try {
    // yargs would run the main command, too.
    if (words[0] === "completion") parser.showCompletionScript();
    else await parser.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    await write(terminal.stderr, errorText(error));
  }
  if (lostOutput !== undefined && process.exitCode !== 2) {
    process.exitCode = 2;
    await write(terminal.stderr, errorText(outputError(lostOutput)));
  }
  isDone = true;
}

/** What follows `--` are dumps, whatever they begin with; yargs would leave them out. */
function takeOperands(argv: { _: (string | number)[]; dump?: unknown }): void {
  const at = words.indexOf("--");
  const operands = at < 0 ? [] : words.slice(at + 1);
  if (operands.length === 0) return;
  const others = argv._.slice(0, -operands.length);
  // yargs leaves the list out where the main command has no word.
  const dumps = argv.dump ?? (others.length === 0 ? [] : undefined);
  if (!Array.isArray(dumps))
    throw new UsageError(`this command takes no dumps behind --: ${operands[0]}`, {
      hint: "see deadlock-lint --help",
    });
  argv.dump = [...dumps, ...operands];
  argv._ = others;
}
