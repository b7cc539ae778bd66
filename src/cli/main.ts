import { existsSync } from "node:fs";
import yargs from "yargs";
import { UsageError } from "../errors.ts";
import { nearest } from "../rules/spelling.ts";
import { version } from "../version.ts";
import { collectOptionDefinitions } from "./collect-options.ts";
import { commands } from "./commands.ts";
import { gateOptions, inputOptions, outputOptions, ruleOptions, seriesOptions } from "./options.ts";
import { errorText, exitCodeOf } from "./print-error.ts";
import { outputError, processTerminal, write } from "./terminal.ts";

const terminal = processTerminal();
// A reader that went away (`| head`) does not change what was found.
let lostOutput: NodeJS.ErrnoException | undefined;
terminal.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") lostOutput ??= error;
});
terminal.stderr.on("error", () => undefined);

const parser = yargs(process.argv.slice(2))
  .scriptName("deadlock-lint")
  .usage("$0 [dump..]\n\nThe linter for goroutine dumps: names the root cause of a hang, with the evidence.")
  .command(commands)
  .completion("completion", "Print a completion script for bash or zsh")
  .strict()
  .middleware(suggestCommand, true)
  .middleware(takeOperands)
  .version(version)
  .alias("h", "help")
  .wrap(Math.min(100, terminal.stdout.columns ?? 100))
  .epilogue(
    "Exit codes: 0 clean, 1 findings at the gate, 2 could not run as asked, 3 input not fully analysed.",
  )
  .exitProcess(false)
  .fail((message: string | null, error: Error | undefined) => {
    throw error ?? usageError(message ?? "wrong usage");
  });

void run();

async function run(): Promise<void> {
  try {
    // yargs would run the main command, too.
    if (process.argv[2] === "completion") parser.showCompletionScript();
    else await parser.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    await write(terminal.stderr, errorText(error));
  }
  if (lostOutput !== undefined && process.exitCode !== 2) {
    process.exitCode = 2;
    await write(terminal.stderr, errorText(outputError(lostOutput)));
  }
}

/** What follows `--` are dumps, whatever they begin with; yargs would leave them out. */
function takeOperands(argv: { _: (string | number)[]; dump?: unknown }): void {
  const at = process.argv.indexOf("--");
  const operands = at < 0 ? [] : process.argv.slice(at + 1);
  if (operands.length === 0) return;
  const words = argv._.slice(0, -operands.length);
  // yargs leaves the list out where the main command has no word.
  const dumps = argv.dump ?? (words.length === 0 ? [] : undefined);
  if (!Array.isArray(dumps)) throw usageError(`this command takes no dumps behind --: ${operands[0]}`);
  argv.dump = [...dumps, ...operands];
  argv._ = words;
}

/** A misspelt command looks like a dump: one word that is no file, and close to a command's name. */
function suggestCommand(): void {
  const word = process.argv[2] ?? "";
  if (!/^[a-z][a-z-]*$/i.test(word) || existsSync(word)) return;
  const names = ["completion", ...commands.map(({ command }) => String(command).split(" ")[0]!)];
  const meant = names.includes(word) ? undefined : nearest(word, names);
  if (meant !== undefined)
    throw new UsageError(`${word}: no such file, and no such command`, {
      hint: `did you mean deadlock-lint ${meant}?`,
    });
}

/** yargs names what it does not know; we add what was probably meant. */
function usageError(message: string): UsageError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ")[0];
  const hint = unknown === undefined ? undefined : nearest(unknown.replace(/^-+/, ""), optionNames());
  return new UsageError(unknown === undefined ? message : `unknown option ${unknown}`, {
    hint: hint === undefined ? "see deadlock-lint --help" : `did you mean --${hint}?`,
  });
}

function optionNames(): string[] {
  return Object.keys({
    ...inputOptions,
    ...seriesOptions,
    ...collectOptionDefinitions,
    ...ruleOptions,
    ...gateOptions,
    ...outputOptions,
    help: 0,
    version: 0,
  });
}
