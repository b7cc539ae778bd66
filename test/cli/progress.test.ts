import { describe, expect, test } from "vitest";
import { progressOn } from "../../src/cli/progress.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

function terminal(isTTY: boolean, TERM = "xterm", columns = 60): { terminal: Terminal; written: string[] } {
  const written: string[] = [];
  const stderr = {
    isTTY,
    columns,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  return { terminal: { stderr, env: { TERM } } as unknown as Terminal, written };
}

describe("progress", () => {
  test("is shown only on a terminal that can take it back", () => {
    expect(progressOn(terminal(false).terminal)).toBeUndefined();
    expect(progressOn(terminal(true, "dumb").terminal)).toBeUndefined();
    expect(progressOn(terminal(true).terminal)).toBeDefined();
  });

  test("is shown for long readings, now and then, and taken back at the end", () => {
    const { terminal: t, written } = terminal(true);
    let time = 0;
    const progress = progressOn(t, () => time)!;
    const at = (ms: number, bytes: number, size?: number) => {
      time = ms;
      progress({ name: "dump.txt", bytes, size });
    };
    at(400, 1e6, 1e9);
    expect(written).toEqual([]);
    at(600, 250e6, 1e9);
    at(610, 251e6, 1e9);
    at(900, 300e6);
    progress(undefined);
    expect(written).toEqual([
      "\r\u001b[Kreading dump.txt: 250 MB of 1000 MB, 25 %",
      "\r\u001b[Kreading dump.txt: 300 MB",
      "\r\u001b[K",
    ]);
  });

  test("takes one line, and nothing from a name to the terminal", () => {
    const { terminal: t, written } = terminal(true, "xterm", 40);
    let time = 0;
    const progress = progressOn(t, () => time)!;
    time = 1000;
    progress({ name: `\u001b]0;x\u0007${"long/".repeat(40)}end.txt`, bytes: 1e6, size: 2e6 });
    const line = written[0]!.slice("\r\u001b[K".length);
    expect(line.length).toBeLessThan(40);
    expect(line).not.toContain("\u001b");
    expect(line).toContain("end.txt: 1 MB of 2 MB, 50 %");
  });
});
