/** What would move, colour or turn round text on a terminal: no command prints it as it stands in a dump. */
import { expect, test } from "vitest";
import { file, scratch, shell } from "./shell.ts";

const directory = scratch();
const hidden = "\u001b[31m\u0085\u009b31m\u202e\u007f";
const goroutine = (id: number) =>
  `goroutine ${id} [chan send, 9 minutes]:\nmain.${hidden}f(0x1)\n\t/src/${hidden}/a.go:1 +0x1\n` +
  `created by main.${hidden}main in goroutine 1\n\t/src/b.go:3 +0x1\n`;
const dump = file(directory, "dump.txt", [1, 2, 3, 4].map(goroutine).join("\n"));

test.each([
  "check",
  "check --format json",
  "check --format ndjson",
  "check --format sarif",
  "check --format junit",
  "check --format html",
  "stacks",
  "stacks --json",
  "graph --format json",
  "graph --format dot",
  "graph --format mermaid",
  "graph --format svg",
  "explain channel/send-pileup",
  "explain channel/send-pileup --format json",
  "condense",
])("%s", (command) => {
  const { code, stdout, stderr } = shell(`lint ${command} "$1"`, [dump]);
  expect(code, stderr).toBeLessThan(2);
  expect(stdout).toMatch(/main\.|a\.go/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(/[\u001b\u007f-\u009f\u202e]/.exec(stdout + stderr)).toBeNull();
});
