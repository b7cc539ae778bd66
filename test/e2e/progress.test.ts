/** What a person at a terminal sees of a long reading: through a pseudo terminal. */
import { expect, test } from "vitest";
import { quiet, shell } from "./shell.ts";

const slowly = `{ cat "$1"; sleep 0.9; cat "$1"; sleep 0.3; cat "$1"; }`;

test("progress is shown on a terminal's standard error, and cleared before the report", () => {
  const inner = `${slowly} | "$NODE" "$CLI" - 2>&1 >/dev/null`;
  // `script` gives what it runs a terminal.
  const { stdout } = shell(
    `inner='${inner.replaceAll("'", "'\\''")}'; script -qec "bash -c '$inner' bash $1" /dev/null`,
    [quiet],
  );
  expect(stdout).toContain("reading stdin: 0 MB");
  expect(stdout.endsWith("\r\u001b[K")).toBe(true);
});

test("nothing is shown where standard error is no terminal", () => {
  expect(shell(`${slowly} | lint - 2>&1 >/dev/null`, [quiet]).stdout).toBe("");
});

test("a bomb ends at a limit that is said, and that can be raised", () => {
  const packed = `gzip -c "$1"`;
  const low = shell(`${packed} | lint --max-decompressed-bytes 1KB -`, [quiet]);
  expect(low.code).toBe(3);
  expect(low.stdout.replace(/\s+/g, " ")).toContain("more than 1024 bytes");
  expect(low.stdout.replace(/\s+/g, " ")).toContain("--max-decompressed-bytes raises the limit");
  expect(shell(`${packed} | lint --max-decompressed-bytes 1MB -`, [quiet]).code).toBe(0);
  const wrong = shell(`lint --max-decompressed-bytes lots "$1"`, [quiet]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--max-decompressed-bytes "lots" is no size');
});
