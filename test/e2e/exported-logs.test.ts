/** Dumps in what log stores, pages, viewers and terminals make of them: the same findings, from a shell. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { logExports } from "../read/log-exports.ts";
import { logWrappers } from "../read/log-wrappers.ts";
import { file, lint, lockCycle, scratch, selfSend } from "./shell.ts";

const directory = scratch();
const pages = Object.entries(logWrappers).filter(([name]) => /page|escaped/.test(name));

const newestFirst = Object.entries(logExports).map(([name, exported]): [string, (dump: string) => string] => [
  `${name}, newest first`,
  (dump) => {
    const lines = dump.trimEnd().split("\n");
    const records = lines.map((text, n) => ({
      text,
      time: 1_767_323_045_000_000_000n + BigInt(n) * 250_000n,
      process: "web-1",
    }));
    return exported(records.reverse());
  },
]);

function findingsOf(path: string): unknown {
  const { code, stdout } = lint("--format", "json", path);
  const { findings } = JSON.parse(stdout) as { findings: { ruleId: string; fingerprint: string }[] };
  return [code, findings.map(({ ruleId, fingerprint }) => [ruleId, fingerprint])];
}

describe.each([selfSend, lockCycle])("%s", (dump) => {
  test.each([...newestFirst, ...pages])("%s: the same findings", (name, wrap) => {
    const wrapped = file(directory, `${name.replace(/\W/g, "")}.txt`, wrap(readFileSync(dump, "utf8")));
    const expected = findingsOf(dump);
    expect(expected).toEqual([1, expect.arrayContaining([expect.anything()])]);
    expect(findingsOf(wrapped)).toEqual(expected);
  });
});
