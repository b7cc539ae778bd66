/** `--source-root` on the built command line: what is loaded, what is said, what is refused. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { dump, file, lint, scratch, shell } from "./shell.ts";

const programs = fileURLToPath(new URL("../../fixtures/programs", import.meta.url));
const story = dump("channel/consumer-sends-to-own-channel/fires.metrics.go1.24.delve-core.json.gz");
const folder = scratch();

const unwrapped = (text: string): string => text.replaceAll(/\s+/g, " ");

/** Scripts that a run loads, as V8's coverage names them. */
function loaded(name: string, ...args: readonly string[]): string[] {
  const coverage = join(folder, name);
  shell('lint --no-config "$@"', args, { NODE_V8_COVERAGE: coverage });
  return readdirSync(coverage).flatMap((one) => {
    const { result } = JSON.parse(readFileSync(join(coverage, one), "utf8"));
    return result.map((script: { url: string }) => script.url);
  });
}

describe("--source-root", () => {
  test("nothing of it is loaded without the option", () => {
    const ofSource = /tree-sitter|open-source/;
    expect(loaded("without", story).filter((url) => ofSource.test(url))).toEqual([]);
    expect(loaded("with", story, "--source-root", programs).filter((url) => ofSource.test(url))).not.toEqual(
      [],
    );
  });

  test("proves the story from Delve's list, through --path-map, and says so in explain", () => {
    const at = (...more: string[]) => lint("--no-config", story, "--format", "json", ...more);
    const confidence = (stdout: string) => JSON.parse(stdout).findings[0].confidence;
    expect(confidence(at().stdout)).toBe("medium");
    expect(confidence(at("--source-root", programs).stdout)).toBe("high");
    const mapped = at(
      "--source-root",
      join(programs, ".."),
      "--path-map",
      "fixtures.example/programs=programs",
    );
    expect(confidence(mapped.stdout)).toBe("high");
    const rule = "channel/consumer-sends-to-own-channel";
    const { stdout } = lint("explain", rule, story, "--no-config", "--source-root", programs);
    expect(stdout).toContain(
      "source: 1 × fixtures.example/programs/metrics/telemetry.(*Registry).reportSelf",
    );
    expect(stdout).toContain("the very channel");
  });

  test("what can't be used is said and never followed", () => {
    const root = join(folder, "a tree");
    const at = join(root, "metrics/telemetry");
    mkdirSync(at, { recursive: true });
    symlinkSync(join(programs, "metrics/telemetry/registry.go"), join(at, "registry.go"));
    const linked = lint("--no-config", story, "--source-root", root);
    expect(unwrapped(linked.stdout)).toContain(
      "is a symbolic link out of the source root, and was not followed",
    );
    expect(linked.stdout).toContain("medium confidence");

    const large = join(folder, "large/metrics/telemetry");
    mkdirSync(large, { recursive: true });
    truncateSync(file(large, "registry.go", "package telemetry\n"), 50 * 1024 * 1024);
    const refused = lint("--no-config", story, "--source-root", join(folder, "large"));
    expect(unwrapped(refused.stdout)).toContain("is larger than 4 MiB, and was not read");

    expect(lint(story, "--source-root", join(folder, "nowhere"))).toMatchObject({ code: 2 });
  });

  test("what only the source shows was there before, too", () => {
    const cycle = dump("lock/order-cycle/fires.rwmutex.go1.27.debug2.txt");
    const run = (...more: string[]) => lint("--no-config", cycle, "--source-root", programs, ...more);
    expect(run().stdout).toContain("lock/order-cycle-by-source");
    expect(run().code).toBe(1);
    expect(run("--before", cycle).code).toBe(0);
  });

  test("a rule that asks for source says what it lacks", () => {
    const rules = file(
      folder,
      "rule.yaml",
      `schema: 1
rules:
  - id: team/buffered-send
    title: Parked on a send to a channel with room
    severity: warning
    roles:
      g: { wait: chan-send, source: { capacity: { gt: 0 } } }
    message: "$g.count goroutines"
`,
    );
    const only = ["--no-config", "--no-default-rules", "--rules", rules, story];
    const without = lint(...only);
    expect(without.stdout).toContain("no Go source shows it: team/buffered-send");
    expect(without.stdout).toContain("deadlock-lint --source-root DIR DUMP");
    expect(lint(...only, "--source-root", programs).stdout).toContain("1,002 goroutines");
  });
});
