import { capabilityTitles, type Dump, type Fact } from "../model/dump.ts";

const systemTraceback =
  "kill -QUIT PID  # with GOTRACEBACK=system in its environment; or: deadlock-lint collect --delve HOST:PORT";
const debug2 = "curl -o dump.txt 'http://HOST/debug/pprof/goroutine?debug=2'";

/**
 * The command that collects a fact, fit for a shell: what else is to be said of it is a comment. `PID`, `HOST` and `PORT`
 * are for the user to fill in.
 */
const commands: Readonly<Record<Fact, string>> = {
  ids: debug2,
  "wait-reasons": debug2,
  minutes: debug2,
  stacks: `${debug2}  # or: deadlock-lint collect --delve HOST:PORT`,
  arguments: systemTraceback,
  "channel-addresses": systemTraceback,
  "lock-addresses": systemTraceback,
  creators: debug2,
  "creator-ids": `${debug2}  # of a program built with Go 1.21 or later`,
  labels: "curl -o dump.txt 'http://HOST/debug/pprof/goroutine?debug=1'",
  source: "deadlock-lint --source-root DIR DUMP  # DIR: the source that the program was built from",
};

/** A traceback says minutes from the first on: one without any is too young, and no other format would say more. */
const aMinuteLater = `sleep 60; ${debug2}  # waits are told from one minute on`;

/** What a dump lacks, and the command that would collect it. */
export function collectHint(
  missing: readonly Fact[],
  { format }: Dump,
): { missing: string; command: string } | undefined {
  const [first] = missing;
  if (first === undefined) return undefined;
  const command = first === "minutes" && format === "go-traceback" ? aMinuteLater : commands[first];
  return { missing: missing.map((m) => capabilityTitles[m]).join(", "), command };
}
