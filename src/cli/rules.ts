import type { Argv, CommandModule } from "yargs";
import { RuleError, UsageError } from "../errors.ts";
import { builtinPacks } from "../rules/builtin.ts";
import type { RuleSource } from "../rules/rule-source.ts";
import { nearest } from "../rules/spelling.ts";
import { problemText } from "./print-error.ts";
import { processTerminal, write } from "./terminal.ts";

const rulesOption = {
  rules: { type: "string", array: true, nargs: 1, describe: "Rule file or directory; may be repeated" },
} as const;

const list: CommandModule<object, { rules?: string[]; json: boolean }> = {
  command: "list",
  describe: "List the rules",
  builder: (yargs: Argv) =>
    yargs.options({
      ...rulesOption,
      json: { type: "boolean", default: false, describe: "Print JSON" },
    }) as Argv<{ rules?: string[]; json: boolean }>,
  async handler({ rules: paths, json }) {
    const { stdout } = processTerminal();
    const sources = await ruleSources(paths);
    if (json) {
      const rows = sources.map(({ id, title, severity }) => ({ id, title, severity }));
      await write(stdout, `${JSON.stringify(rows, undefined, 2)}\n`);
      return;
    }
    const width = Math.max(...sources.map((r) => r.id.length));
    await write(
      stdout,
      sources.map((r) => `${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.title}\n`).join(""),
    );
  },
};

const show: CommandModule<object, { id: string; rules?: string[] }> = {
  command: "show <id>",
  describe: "Show a rule: what it finds, why, how to fix it, and its YAML",
  builder: (yargs: Argv) =>
    yargs
      .positional("id", { type: "string", demandOption: true, describe: "Id of the rule" })
      .options(rulesOption) as Argv<{ id: string; rules?: string[] }>,
  async handler({ id, rules: paths }) {
    const sources = await ruleSources(paths);
    const source = sources.find((r) => r.id === id);
    if (source === undefined) {
      const hint = nearest(
        id,
        sources.map((r) => r.id),
      );
      throw new UsageError(`there is no rule ${id}`, {
        hint: hint === undefined ? "see deadlock-lint rules list" : `did you mean ${hint}?`,
      });
    }
    const { dump } = await import("js-yaml");
    const { tests: _, why = "", fix = "", ...rest } = source;
    const text = [
      `${source.id} (${source.severity})`,
      source.title,
      "",
      why.trim(),
      "",
      `Fix: ${fix.trim()}`,
      "",
      dump(rest, { lineWidth: 100 }).trimEnd(),
      "",
    ];
    await write(processTerminal().stdout, `${text.join("\n")}`);
  },
};

const check: CommandModule<object, { path: string[]; format: "text" | "json" }> = {
  command: "check <path..>",
  describe: "Check rule files: every mistake, with its place and what was expected",
  builder: (yargs: Argv) =>
    yargs
      .positional("path", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Rule files or directories",
      })
      .options({
        format: {
          choices: ["text", "json"] as const,
          default: "text" as const,
          describe: "Print text, or JSON for editors",
        },
      }) as Argv<{
      path: string[];
      format: "text" | "json";
    }>,
  async handler({ path, format }) {
    const terminal = processTerminal();
    const { loadRuleFiles, ruleFiles } = await import("../rules/load.ts");
    const files = (await Promise.all(path.map(ruleFiles))).flat();
    const { problems, count } = await loadRuleFiles(
      files,
      builtinPacks().flatMap((p) => p.rules.map((r) => r.id)),
    ).then(
      (loaded) => ({ problems: loaded.warnings, count: loaded.rules.length }),
      (error: unknown) => {
        if (!(error instanceof RuleError)) throw error;
        return { problems: error.problems, count: 0 };
      },
    );
    const failed = problems.some((p) => p.severity === "error");
    if (format === "json") await write(terminal.stdout, `${JSON.stringify(problems, undefined, 2)}\n`);
    else {
      for (const problem of problems) await write(terminal.stdout, `${problemText(problem)}\n`);
      if (!failed)
        await write(
          terminal.stdout,
          `${count} ${count === 1 ? "rule" : "rules"} in ${files.length} ${files.length === 1 ? "file" : "files"}: no error\n`,
        );
    }
    process.exitCode = failed ? 2 : 0;
  },
};

async function ruleSources(paths: readonly string[] | undefined): Promise<RuleSource[]> {
  const builtin = builtinPacks().flatMap(({ defaults, rules: sources }) =>
    sources.map((r) => ({ ...defaults, ...r })),
  );
  if (paths === undefined) return builtin;
  const { loadRuleFiles, ruleFiles } = await import("../rules/load.ts");
  const files = (await Promise.all(paths.map(ruleFiles))).flat();
  const loaded = await loadRuleFiles(
    files,
    builtin.map((r) => r.id),
  );
  return [...builtin, ...loaded.rules.map((r) => r.source)];
}

/** What concerns rules themselves. */
export const rules: CommandModule = {
  command: "rules",
  describe: "List, show and check rules",
  builder: (yargs: Argv) =>
    yargs
      .command(list)
      .command(show)
      .command(check)
      .demandCommand(1, "say what to do with the rules: list, show or check"),
  handler: () => undefined,
};
