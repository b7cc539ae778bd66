import type { CommandModule } from "yargs";
import { check } from "./check.ts";
import { rules } from "./rules.ts";
import { stacks } from "./stacks.ts";

/** All commands, in the order of `--help`. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export const commands: CommandModule<object, any>[] = [check, stacks, rules];
