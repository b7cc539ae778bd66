import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { schemaReference } from "../schema-reference.ts";

/** Path of the Go module that a folder belongs to; `undefined` without go.mod. */
export function modulePath(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, "go.mod");
    if (existsSync(file)) return /^module[ \t]+"?([^\s"]+)"?/m.exec(readFileSync(file, "utf8"))?.[1];
    if (dirname(at) === at) return undefined;
  }
}

/** A commented configuration, to be called `file`. */
export function initialConfig(file: string): string {
  const folder = dirname(file);
  const module = modulePath(folder);
  const own = module === undefined ? "# own: [example.com/shop]" : `own: [${JSON.stringify(module)}]`;
  const extend = existsSync(join(folder, "deadlock-rules"))
    ? "extends: [builtin, ./deadlock-rules]"
    : "# extends: [builtin, ./deadlock-rules]";
  return `${schemaReference("config", file)}schema: 1

# Where rules come from; the later wins. builtin is all built-in rules, builtin:lock those of one area.
${extend}

# Packages that are the program's own: their frames tell more than those of libraries.
${own}

# Settings of rules, by id or glob: off, a severity, or severity and params (see: deadlock-lint rules list).
# rules:
#   channel/send-pileup: { severity: warning, params: { min: 500 } }
#   runtime/*: off

# What makes a run fail (exit code 1).
gate:
  fail-on: error
  min-confidence: medium

# Findings that are known and fine for now. A reason is required; expires is the last day on which it applies.
# suppressions:
#   - rule: lock/convoy
#     function: example.com/shop/cache.*
#     reason: The cache is rewritten, TICKET-7
#     owner: team-storage
#     expires: 2027-03-31
`;
}
