import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { problemText } from "../../src/cli/print-error.ts";
import { RuleError } from "../../src/errors.ts";
import { loadRuleFiles } from "../../src/rules/load.ts";

const folder = mkdtempSync(join(tmpdir(), "rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a user sees of a rule file, the folder left out. */
async function check(...texts: string[]): Promise<string> {
  const files = texts.map((text, i) => {
    const file = join(folder, `r${i + 1}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const problems = await loadRuleFiles(files).then(
    (loaded) => loaded.warnings,
    (error: unknown) => {
      if (error instanceof RuleError) return error.problems;
      throw error;
    },
  );
  return problems.map((p) => problemText(p).replaceAll(`${folder}/`, "")).join("\n");
}

const rule = (more: string, roles = "{ s: { wait: chan-send, at: { line: $AT } } }"): string => `schema: 1
rules:
  - id: team/rule
    title: t
    severity: error
    roles: ${roles}
    message: "at $AT"
${more}`;

describe("one mistake gives one message, with its place, its line and what to do", () => {
  it.each([
    [
      "an unknown key",
      rule("    sevrity: error\n"),
      'r1.yaml:8:5: error: unknown key "sevrity"',
      'did you mean "severity"?',
    ],
    [
      "an unknown condition",
      rule("", "{ s: { wiat: chan-send, at: { line: $AT } } }"),
      'r1.yaml:6:19: error: unknown key "wiat"',
      'did you mean "wait"?',
    ],
    [
      "an unknown condition, nested",
      rule("", "{ s: { any: [{ not: { att: main.f } }], at: { line: $AT } } }"),
      'r1.yaml:6:34: error: unknown key "att"',
      'did you mean "at"?',
    ],
    [
      "an unknown property of a frame",
      rule("", "{ s: { at: { lin: $AT } } }"),
      'unknown key "lin"',
      'did you mean "line"?',
    ],
    [
      "a regular expression that asks for a space",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, function: '/main run/' } } }"),
      "/main run/ matches no Go name: none has a space",
      "names are written as",
    ],
    [
      "a regular expression of a whole name without its package",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, function: '/^Lock$/' } } }"),
      "/^Lock$/ matches no function: they are written with their package",
      "write main.Lock",
    ],
    [
      "an unknown wait, alone",
      rule("", "{ s: { wait: chan-snd, at: { line: $AT } } }"),
      '"chan-snd" is not allowed here',
      'did you mean "chan-send"?',
    ],
    [
      "an unknown origin",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, origin: owned } } }"),
      '"owned" is not allowed here',
      'did you mean "own"?',
    ],
    [
      "an unknown wait",
      rule("", "{ s: { wait: [chan-sent], at: { line: $AT } } }"),
      '"chan-sent" is not allowed here',
      'did you mean "chan-send"?',
    ],
    [
      "a missing key",
      rule("").replace("    title: t\n", ""),
      'missing key "title"',
      "What is wrong, in a line.",
    ],
    [
      "a wrong type",
      rule("").replace("severity: error", "severity: 3"),
      "severity must be a text, not 3",
      "error",
    ],
    [
      "an id without area",
      rule("").replace("team/rule", "rule"),
      '"rule" has not the form',
      "channel/send-pileup",
    ],
    [
      "an unbound variable",
      rule("").replace('$AT"', '$ATT"'),
      "$ATT is bound by no role",
      "did you mean $AT?",
    ],
    ["an unknown role", rule("").replace("at $AT", "$q.count at $AT"), "there is no role q", "roles: s"],
    [
      "an unknown property of a role",
      rule("").replace("at $AT", "$s.cuont at $AT"),
      "$s.cuont is nothing that a role has",
      "did you mean $s.count?",
    ],
    [
      "an unknown parameter",
      rule("", "{ s: { wait: chan-send, at: { line: $AT }, count: { gte: $params.mn } } }").replace(
        "    roles",
        "    params: { min: 3 }\n    roles",
      ),
      "the rule has no parameter mn",
      "did you mean $params.min?",
    ],
    [
      "a parenthesis that no name has",
      rule("", "{ s: { at: { line: $AT, method: 'Lock(' } } }"),
      '"Lock(" matches no Go name',
      "main.(*Pool).get",
    ],
    [
      "a range in which no number lies",
      rule("", "{ s: { wait: chan-send, at: { line: $AT }, count: { gte: 5, lte: 2 } } }"),
      "r1.yaml:6:62: error: no number is in this range",
      "the lower limit is above the upper one",
    ],
    [
      "a range whose only limit is no number",
      rule("", "{ s: { wait: chan-send, at: { line: $AT }, count: { gte: x } } }"),
      '"x" has not the form that is expected here',
      "for example: 5",
    ],
    [
      "a range of a text",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, method: $params.name } } }").replace(
        "    roles",
        "    params: { name: { default: x, min: 3 } }\n    roles",
      ),
      "parameter name is no number: it has no min or max",
      "",
    ],
    [
      "no severity, not even a default",
      rule("").replace("    severity: error\n", ""),
      'missing key "severity"',
      "under defaults",
    ],
    ["an explained glob that fits no rule", rule("    explains: ['taem/*']\n"), "no rule fits taem/*", ""],
    [
      "a refused regular expression",
      rule("", "{ s: { at: { line: $AT, function: '/a(?=b)/' } } }"),
      "the regular expression is not accepted",
      "no look-around",
    ],
    [
      "a misspelt variable",
      rule("", "{ s: { at: { line: $AT, type: $type } } }"),
      "$type is no variable",
      "capital letters",
    ],
    [
      "an undefined name",
      rule("", "{ s: { is: handlr, at: { line: $AT } } }").replace(
        "rules:",
        "define: { handler: { frame: main.f } }\nrules:",
      ),
      "nothing named handlr is defined",
      "did you mean handler?",
    ],
    [
      "an unknown explained rule",
      rule("    explains: [team/rul]\n"),
      "there is no rule team/rul",
      "did you mean team/rule?",
    ],
    [
      "an unknown rule that is to explain it",
      rule("    explained-by: [team/rul]\n"),
      "there is no rule team/rul",
      "did you mean team/rule?",
    ],
    [
      "a tab",
      "schema: 1\nrules:\n\t- id: a/b\n",
      "r1.yaml:3:1: error: tab characters must not be used in indentation",
      "indent with spaces",
    ],
    ["a duplicate key", rule("    title: u\n"), "duplicated mapping key", "remove one of the two"],
    ["a tag", rule("").replace("title: t", "title: !!js/function 'x'"), "unknown", "no tags"],
    [
      "a merge key",
      rule("").replace("    title: t\n", "    title: t\n    <<: { severity: error }\n"),
      "merge keys (<<) are not read",
      "under defaults",
    ],
    ["two documents", `${rule("")}---\nschema: 1\n`, "one YAML document", ""],
    [
      "a future version",
      rule("").replace("schema: 1", "schema: 2"),
      "2 is not allowed here",
      "expected one of: 1",
    ],
    ["an empty file", "", "the file must be a mapping, not empty", ""],
    [
      "a wait in which nobody is blocked on a lock",
      rule("", "{ s: { wait: chan-send, lock: $L*, at: { line: $AT } } }"),
      "nobody can play s: in wait chan-send a goroutine is not blocked on a lock",
      "waits-for instead of lock",
    ],
    [
      "a wait that is left out again",
      rule("", "{ s: { wait: chan-send, not: { wait: channel }, at: { line: $AT } } }"),
      "not leaves out every wait that it asks for",
      "take one of the two out",
    ],
    [
      "a function without its package",
      rule("", "{ s: { wait: chan-send, entry: serve, at: { line: $AT } } }"),
      '"serve" matches no function',
      "*.serve for any package",
    ],
    [
      "a type without its package",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, type: (*Pool) } } }"),
      '"(*Pool)" matches no type',
      "main.(*Pool)",
    ],
    [
      "a call instead of a name",
      rule("", "{ s: { wait: chan-send, frame: [main.run(), main.f], at: { line: $AT } } }"),
      "a name has no arguments",
      "leave out the parentheses",
    ],
    [
      "type arguments",
      rule("", "{ s: { wait: chan-send, at: { line: $AT, type: 'main.(*Pool[int])' } } }"),
      "names are compared without type arguments",
      "leave out the brackets",
    ],
    ["only absent roles", rule("", "{ s: { absent: true, at: { line: $AT } } }"), "no role is required", ""],
    [
      "an address joined with a name",
      rule("", "{ s: { at: { line: $AT }, channel: $AT } }"),
      "they are never equal",
      "",
    ],
    [
      "a definition that refers to itself",
      rule("", "{ s: { is: a, at: { line: $AT } } }").replace(
        "rules:",
        "define: { a: { is: b }, b: { is: a } }\nrules:",
      ),
      "refers to itself: a → b → a",
      "",
    ],
    [
      "a form of one and many that no number decides",
      rule("").replace('message: "at $AT"', 'message: "{a|some} at $AT"'),
      "{a|some} has no number before it",
      "$role.count",
    ],
    [
      "a role in braces",
      rule("").replace('message: "at $AT"', 'message: "{s.count} at $AT"'),
      "{s.count} is not filled in",
      "Write $s.count.",
    ],
    ...[
      ["{AT}", "$AT"],
      ["{{ AT }}", "$AT"],
      [`\${AT}`, "$AT"],
      ["$(AT)", "$AT"],
      ["{at}", "$AT"],
      ["$at", "$AT"],
      [`\${s.waited}`, "$s.waited"],
      ["{{.s.count}}", "$s.count"],
      [`\${s}`, "$s.count"],
      ["$s", "$s.count"],
      ["$count(s)", "$s.count"],
      ["$stacks( $s )", "$s.stacks"],
      ["{count(s)}", "$s.count"],
    ].map(([written, hint]): [string, string, string, string] => [
      `${written} in a message`,
      rule("").replace('message: "at $AT"', `message: "at $AT: ${written}"`),
      `${written} is not filled in`,
      `Write ${hint}.`,
    ]),
    [
      "a rule that stands where the file should",
      'id: team/rule\ntitle: t\nseverity: error\nroles: { s: { wait: chan-send } }\nmessage: "x"\n',
      'r1.yaml:1:1: error: "id" is a key of a rule, and the rules of a file stand in a list under rules',
      'Write "schema: 1" and "rules:" before it, and the rule as an item of the list: "- id: …", its other keys below id.',
    ],
    [
      "a rule that stands where the file should, behind the schema",
      'schema: 1\nmessage: "x"\nid: team/rule\n',
      'r1.yaml:2:1: error: "message" is a key of a rule, and the rules of a file stand in a list under rules',
      'Write "rules:" before it, and the rule',
    ],
    [
      "a list of rules that stands where the file should",
      "- id: team/rule\n  title: t\n- id: team/other\n",
      "r1.yaml:1:1: error: the file is a list, and the rules of a file stand in a list under rules",
      'Write "schema: 1" and "rules:" before the list.',
    ],
    [
      "a variable in a form of one and many",
      rule("").replace('message: "at $AT"', 'message: "$s.count {at|all at $AT}"'),
      "{at|all at $AT} holds text only",
      "Put the $ before or behind the braces.",
    ],
  ])("%s", async (_what, text, message, hint) => {
    const said = await check(text);
    expect(said).toContain(message);
    expect(said).toContain(hint);
    expect(said.match(/: error: /g)).toHaveLength(1);
    expect(said).toMatch(/r1\.yaml:\d+:\d+: error: .*\n +\d+ \| .*\n +\| *\^/);
  });

  it("braces and dollars of Go and of prose are text", async () => {
    const text = `struct{} interface{} {} {x} map[K]V{} \${} {{1}} $5 US$ $s.count at $AT`;
    expect(await check(rule("").replace("at $AT", text))).toBe("");
  });

  it("an id used twice in two files", async () => {
    const said = await check(rule(""), rule(""));
    expect(said).toContain("r2.yaml:3:9: error: rule id team/rule is used twice");
    expect(said.match(/: error: /g)).toHaveLength(1);
  });

  it("several mistakes are all said in one run", async () => {
    const said = await check(rule("    sevrity: error\n").replace("title: t", "title: 3"));
    expect(said.match(/: error: /g)).toHaveLength(2);
  });
});

it("what the schema refuses hides no other mistake, and makes up none", async () => {
  const said = await check(`schema: 1
rules:
  - id: team/a
    title: t
    severity: eror
    params: { min: { default: 1 } }
    roles:
      a: { wait: chan-snd, at: { function: $F, line: $AT, typ: $T } }
      b: { at: { function: "/(a+)+\\\\1/", line: $AT }, count: { gte: $params.mn } }
    message: "$a.count in $F at $AT, $T"
  - id: team/a
    roles: { a: { wait: chan-send } }
    explains: [team/b]
`);
  expect(said.split("\n").filter((line) => line.includes("error:") || line.includes("warning:"))).toEqual([
    'r1.yaml:5:15: error: "eror" is not allowed here',
    'r1.yaml:8:18: error: "chan-snd" is not allowed here',
    'r1.yaml:8:59: error: unknown key "typ"',
    expect.stringContaining("r1.yaml:9:29: error: the regular expression is not accepted"),
    "r1.yaml:9:69: error: the rule has no parameter mn",
    'r1.yaml:11:5: error: missing key "title"',
    'r1.yaml:11:5: error: missing key "message"',
    'r1.yaml:11:5: error: missing key "severity"',
    "r1.yaml:11:9: error: rule id team/a is used twice",
    "r1.yaml:13:16: error: there is no rule team/b",
  ]);
});

it("what every rule of a file shares stands under defaults", async () => {
  const shared = rule("")
    .replace("    severity: error\n", "")
    .replace("rules:", "defaults: { severity: warning }\nrules:");
  expect(await check(shared)).toBe("");
});

describe("warnings", () => {
  it("name what is used only once, never joined or never used", async () => {
    const text = rule(
      "",
      "{ s: { wait: chan-send, at: { line: $AT, type: $T } }, r: { wait: chan-receive } }",
    ).replace("    roles", "    params: { min: 3 }\n    roles");
    const said = await check(text);
    expect(said).toContain("warning: $T is used only once");
    expect(said).toContain("warning: role r is never joined to the others");
    expect(said).toContain("warning: parameter min is not used");
  });
});

it("two rules that select the same are a warning, as is a role that nothing narrows down", async () => {
  const same = rule("").replace("team/rule", "team/other");
  expect(await check(rule(""), same)).toContain(
    "warning: team/other selects the same goroutines as team/rule",
  );
  const open = await check(
    rule("", "{ s: { waited: { gte: 3 }, not: { at: { line: $AT } } }, t: { at: { line: $AT } } }"),
  );
  expect(open).toContain("warning: role s is asked of every goroutine");
});

it("a definition that no rule uses is named, and so are the mistakes in it", async () => {
  const dead =
    'define: { puts: { at: { method: put } }, dead: { at: { method: "Lock(" }, is: nothere }, names: [main.f] }';
  const text = rule("", "{ s: { is: puts, at: { line: $AT } } }").replace("rules:", `${dead}\nrules:`);
  const said = await check(text);
  expect(said.match(/: (?:error|warning): .*/g)).toEqual([
    ": warning: no rule of this file uses dead",
    expect.stringContaining(': error: "Lock(" matches no Go name'),
    ": error: nothing named nothere is defined",
    ": warning: no rule of this file uses names",
  ]);
});

describe("anchors and aliases", () => {
  it("are read", async () => {
    const aliased = `${rule("", "{ s: &s { wait: chan-send, at: { line: $AT } } }")}  - id: team/other
    title: t
    severity: error
    roles: { s: *s, t: { wait: sleep, at: { line: $AT } } }
    message: "at $AT"
`;
    expect(await check(aliased)).toBe("");
  });

  it.each([
    ["nested, so that the file blows up where the schema walks", bomb(11, 10)],
    ["that stand inside themselves", "schema: 1\ndefine: { a: &a { any: [*a] } }\n"],
    [
      "more than anybody writes",
      `schema: 1\ndefine: { a: &a { at: main.f }, b: { any: [${Array(300).fill("*a").join(", ")}] } }\n`,
    ],
  ])("are refused: %s", async (_what, text) => {
    const said = await check(text);
    expect(said).toMatch(/r1\.yaml:\d+:\d+: error: .*alias/);
    expect(said.match(/: error: /g)).toHaveLength(1);
  });
});

/** Conditions of which each level has the one before some times: a billion laughs. */
function bomb(levels: number, times: number): string {
  const level = (i: number) =>
    `  l${i}: &l${i} { all: [${Array(times)
      .fill(`*l${i - 1}`)
      .join(", ")}] }`;
  const above = Array.from({ length: levels }, (_, i) => level(i + 1));
  return `schema: 1\ndefine:\n  l0: &l0 { at: main.f }\n${above.join("\n")}\n`;
}

it("hostile keys change nothing", async () => {
  expect(await check(rule("    __proto__: { polluted: true }\n"))).toContain('unknown key "__proto__"');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
