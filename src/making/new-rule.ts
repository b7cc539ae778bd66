import { Facts } from "../match/facts.ts";
import type { Dump } from "../model/dump.ts";
import type { Frame } from "../model/stack.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import { flowText } from "../rules/flow-text.ts";
import { dumpText } from "./dump-text.ts";

const header = "schema: 1\nrules:\n";

/** A rule to begin with, when there is no dump. */
export function emptyRule(id: string): string {
  return `${header}  - id: ${id}
    title: What is wrong, in a line
    severity: warning
    params:
      min: { default: 10, min: 1, description: Fewest goroutines worth a finding }
    roles:
      senders:
        title: parked sending to the channel
        wait: chan-send
        at: { line: $AT, function: $F* }
        count: { gte: $params.min }
    message: "$senders.count {goroutine is|goroutines are} parked on a send at $AT in $F"
    why: Why this hangs the program.
    fix: What to change.
    tests:
${quietTest}`;
}

const quietTest = `      - name: quiet while nobody is blocked
        dump: |
          goroutine 1 [running]:
          main.main()
          \t/src/main.go:1
        expect: none
`;

/** Names for roles by what they wait for. */
const roleNames: Partial<Record<WaitKind, string>> = {
  "chan-send": "senders",
  "chan-receive": "receivers",
  "mutex-lock": "waiters",
  "rwmutex-lock": "writers",
  "rwmutex-rlock": "readers",
  "waitgroup-wait": "waiters",
  "cond-wait": "waiters",
  select: "selecting",
  "io-wait": "reading",
  running: "running",
};

interface DraftRole {
  readonly name: string;
  readonly wait: WaitKind;
  readonly at: Frame | undefined;
  readonly entry: Frame | undefined;
  readonly rows: readonly number[];
}

/**
 * A rule that matches some goroutines of a dump: a role for each distinct stack, what roles share made a variable, and
 * a firing test of just these goroutines.
 * @param rows of the dump's columns, at least one
 */
export function ruleFrom(id: string, dump: Dump, rows: readonly number[]): string {
  const facts = new Facts(dump);
  const roles = draftRoles(dump, facts, rows);
  const shared = sharedBy(roles);
  const roleLines = roles.flatMap((role, i) => linesOf(role, i, shared));
  const counts = Object.fromEntries(roles.map((r) => [r.name, r.rows.length]));
  const said = roles.map((r, i) => `$${r.name}.count at ${r.at === undefined ? r.wait : `$${lineName(i)}`}`);
  return `${header}  - id: ${id}
    title: What is wrong, in a line
    severity: warning
    roles:
${roleLines.join("\n")}
    message: ${JSON.stringify(said.join(", "))}
    why: Why this hangs the program.
    fix: What to change.
    tests:
      - name: fires on the goroutines that it was made from
        dump: |
${dumpText(dump, rows)
  .trimEnd()
  .split("\n")
  .map((line) => (line === "" ? "" : `          ${line}`))
  .join("\n")}
        expect: { findings: 1, roles: ${flowText(counts)} }
${quietTest}`;
}

function draftRoles(dump: Dump, facts: Facts, rows: readonly number[]): DraftRole[] {
  const byStack = new Map<number, number[]>();
  for (const row of rows) {
    const stack = dump.goroutines.stack[row]!;
    byStack.set(stack, [...(byStack.get(stack) ?? []), row]);
  }
  const taken = new Map<string, number>();
  return [...byStack].map(([index, members]) => {
    const stack = dump.stacks[index]!;
    const base = roleNames[stack.wait] ?? "goroutines";
    const nth = (taken.get(base) ?? 0) + 1;
    taken.set(base, nth);
    const frameAt = (place: number | string): Frame | undefined =>
      typeof place === "number" ? stack.frames[place] : undefined;
    return {
      name: nth === 1 ? base : `${base}-${nth}`,
      wait: stack.wait,
      at: frameAt(facts.at(index)),
      entry: frameAt(facts.entry(index)),
      rows: members,
    };
  });
}

/** What several roles have in common, which joins them: types, else packages. */
interface Shared {
  readonly types: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

function sharedBy(roles: readonly DraftRole[]): Shared {
  const repeated = (texts: readonly string[]): Set<string> =>
    new Set(texts.filter((t, i) => t !== "" && texts.indexOf(t) !== i));
  const types = repeated(roles.map((r) => r.at?.symbol.type ?? ""));
  const packages = types.size > 0 ? [] : roles.map((r) => r.at?.symbol.package ?? "");
  return { types, packages: repeated(packages) };
}

/** Who is at the line that blocks: by the type or package that roles share, else the whole name. */
function whoIs({ symbol }: Frame, shared: Shared): Readonly<Record<string, string>> {
  const { type, method, plain } = symbol;
  if (shared.types.has(type)) return { type: "$T", method };
  if (!shared.packages.has(symbol.package)) return { function: plain };
  const own = type === "" ? {} : { type: `*${type.slice(symbol.package.length)}` };
  return { package: "$P", ...own, method };
}

function lineName(index: number): string {
  return index === 0 ? "AT" : `AT${index + 1}`;
}

function linesOf(role: DraftRole, index: number, shared: Shared): string[] {
  const lines = [`      ${role.name}:`, `        wait: ${role.wait}`];
  if (role.at !== undefined) {
    lines.push(`        at: ${flowText({ ...whoIs(role.at, shared), line: `$${lineName(index)}*` })}`);
  }
  if (role.entry !== undefined && role.entry !== role.at)
    lines.push(`        entry: ${flowText(role.entry.symbol.plain)}`);
  if (role.rows.length > 1) lines.push(`        count: { gte: ${role.rows.length} }`);
  return lines;
}
