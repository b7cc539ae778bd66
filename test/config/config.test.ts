import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { errorText } from "../../src/cli/print-error.ts";
import { configuredRules } from "../../src/config/configured-rules.ts";
import { findConfig } from "../../src/config/find-config.ts";
import { initialConfig } from "../../src/config/init.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { settingsOf } from "../../src/config/show-config.ts";

const root = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

/** Writes files into a folder of their own; its path. */
function folder(files: Readonly<Record<string, string>>): string {
  const at = join(root, String(folders++));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  }
  return at;
}

const main = ".deadlock-lint.yaml";
const poolRule = `schema: 1
rules:
  - id: team/pool
    title: t
    severity: error
    params: { min: { default: 2, min: 1, description: Fewest senders } }
    roles: { s: { wait: chan-send, at: { line: $AT }, count: { gte: $params.min } } }
    message: "at $AT"
`;

/** What a user sees of a configuration that can't be used, the folder left out; "" when it can. */
async function complaint(files: Readonly<Record<string, string>>): Promise<string> {
  const at = folder(files);
  try {
    const config = await loadConfig(join(at, main));
    await configuredRules(config);
    return "";
  } catch (error) {
    return errorText(error).replaceAll(`${at}/`, "");
  }
}

describe("one mistake gives one message", () => {
  test.each<[string, Record<string, string>, string, string]>([
    [
      "an unknown key",
      { [main]: "schema: 1\nextend: [builtin]\n" },
      'unknown key "extend"',
      'did you mean "extends"?',
    ],
    [
      "an unknown rule",
      { [main]: "schema: 1\nrules: { channel/send-pilup: off }\n" },
      "there is no rule channel/send-pilup",
      "did you mean channel/send-pileup?",
    ],
    [
      "a suppression of an unknown rule",
      { [main]: "schema: 1\nsuppressions: [{ rule: lock/stukc, reason: known }]\n" },
      "there is no rule lock/stukc",
      "did you mean lock/stuck?",
    ],
    [
      "an unknown parameter",
      { [main]: "schema: 1\nrules: { channel/send-pileup: { params: { mim: 3 } } }\n" },
      "rule channel/send-pileup has no parameter mim",
      "did you mean min?",
    ],
    [
      "a parameter out of range",
      {
        [main]: "schema: 1\nextends: [r.yaml]\nrules: { team/pool: { params: { min: 0 } } }\n",
        "r.yaml": poolRule,
      },
      "parameter min is 0, outside 1 to …",
      "Fewest senders",
    ],
    [
      "a parameter of the wrong type",
      {
        [main]: "schema: 1\nextends: [r.yaml]\nrules: { team/pool: { params: { min: many } } }\n",
        "r.yaml": poolRule,
      },
      'parameter min must be a number, not "many"',
      "",
    ],
    [
      "an unknown severity",
      { [main]: "schema: 1\nrules: { channel/send-pileup: errror }\n" },
      '"errror" is not allowed here',
      'did you mean "error"?',
    ],
    [
      "a missing pack",
      { [main]: "schema: 1\nextends: [./gone.yaml]\n" },
      "there is no ./gone.yaml to extend",
      "paths start at the folder of this configuration",
    ],
    [
      "a misspelt pack",
      { [main]: "schema: 1\nextends: [biultin]\n" },
      "there is no biultin",
      "did you mean builtin?",
    ],
    [
      "an unknown area",
      { [main]: "schema: 1\nextends: [builtin:lokc]\n" },
      "there is no built-in pack builtin:lokc",
      "did you mean builtin:lock?",
    ],
    [
      "a Windows path",
      { [main]: "schema: 1\nextends: ['packs\\team.yaml']\n" },
      "there is no packs\\team.yaml to extend",
      "write paths with /",
    ],
    [
      "a circle",
      { [main]: "schema: 1\nextends: [b.yaml]\n", "b.yaml": `schema: 1\nextends: [${main}]\n` },
      "configurations extend each other in a circle",
      "take one of them out",
    ],
    [
      "a duplicate key",
      { [main]: "schema: 1\nown: [a]\nown: [b]\n" },
      "duplicated mapping key",
      "remove one",
    ],
    ["a tag", { [main]: "schema: 1\nown: !!js/function 'x'\n" }, "unknown", "no tags"],
  ])("%s", async (_what, files, message, hint) => {
    const said = await complaint(files);
    expect(said).toContain(message);
    expect(said).toContain(hint);
    expect(said.match(/: error: /g)).toHaveLength(1);
    expect(said).toMatch(/\.yaml:\d+:\d+: error: .*\n +\d+ \| .*\n +\| *\^/);
  });
});

test("a bad suppression is an error of its own; the others apply", async () => {
  const at = folder({
    [main]: `schema: 1
suppressions:
  - rule: lock/convoy
  - { rule: lock/stuck, reason: known, expires: soon }
  - { rule: runtime/*, reason: known }
`,
  });
  const config = await loadConfig(join(at, main));
  expect(config.problems.map((p) => [p.position.line, p.message])).toEqual([
    [3, 'missing key "reason"'],
    [4, '"soon" has not the form that is expected here'],
  ]);
  expect(config.suppressions.map((s) => s.rule)).toEqual(["runtime/*"]);
});

test("the later wins, overrides are inherited, and each value knows its file and line", async () => {
  const at = folder({
    "base/base.yaml": `schema: 1
extends: [builtin:channel]
own: [example.com/base]
rules:
  channel/send-pileup: { severity: info, params: { min: 7, old: 1 } }
  channel/nil-channel: off
gate: { fail-on: warning, min-confidence: low }
`,
    "rules/pool.yaml": poolRule,
    [main]: `schema: 1
extends: [base/base.yaml, rules]
own: [example.com/shop]
rules:
  channel/send-pileup: { params: { min: 9 } }
  team/*: warning
gate:
  fail-on: error
`,
  });
  const config = await loadConfig(join(at, main));
  const { rules } = await configuredRules(config);
  expect(rules.map((r) => r.rule.id).filter((id) => id.startsWith("lock/"))).toEqual([]);
  const pileup = rules.find((r) => r.rule.id === "channel/send-pileup")!;
  expect(pileup.rule).toMatchObject({ severity: "info", params: { min: 9, old: 1 } });
  expect(rules.find((r) => r.rule.id === "channel/nil-channel")!.off).toBe(true);
  expect(rules.find((r) => r.rule.id === "team/pool")!.rule.severity).toBe("warning");
  const shown = settingsOf(config, rules).map(
    (s) => `${s.key} ${String(s.value)} ${s.from.replace(/^.*\/(?=[^/]+$)/, "")}`,
  );
  expect(shown).toEqual(
    expect.arrayContaining([
      "own example.com/base base.yaml:3",
      "own example.com/shop .deadlock-lint.yaml:3",
      "gate.fail-on error .deadlock-lint.yaml:8",
      "gate.min-confidence low base.yaml:7",
      "rules.channel/send-pileup.params.min 9 .deadlock-lint.yaml:5",
      "rules.channel/send-pileup.params.old 1 base.yaml:5",
      "rules.channel/nil-channel.severity off base.yaml:6",
      "rules.team/pool.severity warning .deadlock-lint.yaml:6",
    ]),
  );
});

test("definitions of the configuration serve every rule file", async () => {
  const at = folder({
    [main]: "schema: 1\nextends: [r.yaml]\ndefine: { puts: { at: { method: put } } }\n",
    "r.yaml": poolRule.replace("wait: chan-send", "wait: chan-send, is: puts"),
  });
  expect((await configuredRules(await loadConfig(join(at, main)))).rules).toHaveLength(1);
});

test("the nearest configuration above is found", () => {
  const at = folder({ [main]: "schema: 1\n", "a/b/c.txt": "" });
  expect(findConfig(join(at, "a/b"))).toBe(join(at, main));
});

test("what init writes is valid and takes the module of go.mod as its own", async () => {
  const at = folder({
    "go.mod": "// shop\nmodule example.com/shop // v1\n\ngo 1.24\n",
    "deadlock-rules/r.yaml": poolRule,
  });
  writeFileSync(join(at, main), initialConfig(join(at, main)));
  const config = await loadConfig(join(at, main));
  expect(config.own.map((o) => o.value)).toEqual(["example.com/shop"]);
  expect((await configuredRules(config)).rules.map((r) => r.rule.id)).toContain("team/pool");
  const uncommented = initialConfig(join(at, main)).replace(/^# (?=rules:|suppressions:| )/gm, "");
  writeFileSync(join(at, main), uncommented);
  expect((await loadConfig(join(at, main))).suppressions).toHaveLength(1);
});
