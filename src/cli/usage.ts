import { existsSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { nearest } from "../rules/spelling.ts";

/** What yargs knows of the command that runs; its types leave it out. */
interface Known {
  /** All options and positional arguments, by every name they have. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly number: readonly string[];
  readonly array: readonly string[];
}

function knownTo(yargs: unknown): Known {
  return (yargs as { getOptions(): Known }).getOptions();
}

/**
 * yargs takes any text for a number, and makes a list of an option that is given twice: neither may go unnoticed.
 * @param yargs as it is for the command that was asked for
 * @param words the command line
 */
export function checkValues(
  argv: Readonly<Record<string, unknown>>,
  yargs: unknown,
  words: readonly string[],
): void {
  const known = knownTo(yargs);
  // A list of dumps has a name, too, but no dashes.
  const options = words.map((word) =>
    word.replace(/=.*/s, "").replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`),
  );
  for (const name of Object.keys(known.key)) {
    const value = argv[name];
    if (Array.isArray(value) && !known.array.includes(name) && options.includes(`--${name}`))
      throw new UsageError(`--${name} is given more than once`, { hint: "Give it once." });
    if (value === undefined || !known.number.includes(name)) continue;
    const isWhole = [value].flat().every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
    if (!isWhole)
      throw new UsageError(`--${name} must be a whole number without a sign`, {
        hint: `Write --${name} 10.`,
      });
  }
}

/**
 * A misspelt command looks like a dump: one word that is no file, and close to a command's name.
 * @param word the first word of the command line
 */
export function suggestCommand(word: string, names: readonly string[]): void {
  if (!/^[a-z][a-z-]*$/i.test(word) || names.includes(word) || existsSync(word)) return;
  const meant = nearest(word, names);
  if (meant !== undefined)
    throw new UsageError(`${word}: no such file, and no such command`, {
      hint: `did you mean deadlock-lint ${meant}?`,
    });
}

/**
 * A command behind the dump that it is meant for would be taken for another dump.
 * @param words the command line
 */
export function suggestOrder(words: readonly string[], names: readonly string[]): void {
  const [first = "-"] = words;
  // yargs finds a command behind options by itself.
  if (first.startsWith("-") || names.includes(first)) return;
  const at = words.findIndex(
    (word, i) => i > 0 && names.includes(word) && !words[i - 1]!.startsWith("-") && !existsSync(word),
  );
  if (at < 0) return;
  const others = words.filter((_, i) => i !== at).join(" ");
  throw new UsageError(`${words[at]} is a command, and stands behind a dump`, {
    hint: `the command comes first: deadlock-lint ${words[at]} ${others}`,
  });
}

/**
 * What yargs says of a wrong command line, with what was probably meant.
 * @param yargs as it is for the command that was asked for
 * @param words the command line
 * @param parts words that follow a command, such as `list` after `rules`
 */
export function usageError(
  message: string,
  yargs: unknown,
  words: readonly string[],
  parts: Readonly<Record<string, readonly string[]>>,
): UsageError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ")[0];
  if (unknown !== undefined) return unknownWord(unknown, yargs, words, parts);
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  if (got !== undefined)
    return new UsageError(got === "0" ? "an argument is missing" : "a further argument is missing", {
      hint: seeHelp(words, parts),
    });
  const [, option, given, choices] = /Argument: (.+), Given: (.+), Choices: (.+)/.exec(message) ?? [];
  if (option === undefined) return new UsageError(message, { hint: seeHelp(words, parts) });
  const allowed = choices!.replaceAll('"', "").split(", ");
  const meant = nearest(given!.replaceAll('"', ""), allowed);
  return new UsageError(`--${option} ${given === "null" ? "is no number" : `${given} is not allowed`}`, {
    hint: `${meant === undefined ? "" : `did you mean ${meant}? `}It takes ${allowed.join(", ")}.`,
  });
}

function unknownWord(
  unknown: string,
  yargs: unknown,
  words: readonly string[],
  parts: Readonly<Record<string, readonly string[]>>,
): UsageError {
  const [command = ""] = words;
  // yargs names options without their dashes.
  if (words.includes(unknown)) {
    const meant = nearest(unknown, parts[command] ?? []);
    const hint =
      meant === undefined ? seeHelp(words, parts) : `did you mean deadlock-lint ${command} ${meant}?`;
    return new UsageError(`unknown argument ${unknown}`, { hint });
  }
  const names = Object.keys(knownTo(yargs).key).filter((name) => /^[a-z-]{2,}$/.test(name));
  const option = unknown.replace(/^-+/, "");
  const meant = nearest(option, [...names, "help", "version"]);
  // Nor does yargs say that an option was switched off.
  const dashes = words.includes(`--no-${option}`) ? "--no-" : option.length === 1 ? "-" : "--";
  return new UsageError(`unknown option ${dashes}${option}`, {
    hint: meant === undefined ? seeHelp(words, parts) : `did you mean ${dashes}${meant}?`,
  });
}

/** The help of the command that was asked for. */
function seeHelp(
  [command = "", part = ""]: readonly string[],
  parts: Readonly<Record<string, readonly string[]>>,
) {
  if (!Object.hasOwn(parts, command)) return "see deadlock-lint --help";
  const known = parts[command]!.includes(part) ? ` ${part}` : "";
  return `see deadlock-lint ${command}${known} --help`;
}
