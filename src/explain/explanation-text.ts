import { count, plural } from "../report/describe.ts";
import { visibleReport } from "../report/escape.ts";
import { type Palette, palette } from "../report/palette.ts";
import { pad } from "../report/text-layout.ts";
import type { Explanation, GoroutineExplanation, NearMiss, RoleExplanation } from "./explanation.ts";

/** An explanation for people. */
export function explanationText(hostile: Explanation, color: boolean): string {
  const explanation = visibleReport(hostile);
  const paint = palette(color);
  const { rule, dump, findings, verdict, goroutines, stacks } = explanation;
  const mark = findings > 0 ? paint.bold("holds") : paint.bold("does not hold");
  const lines = [
    `${paint.bold(rule)} ${mark} on ${dump} (${plural(goroutines, "goroutine")}, ${plural(stacks, "stack")})`,
    `  ${verdict}`,
    "",
    ...explanation.roles.flatMap((role) => [...roleLines(role, paint), ""]),
  ];
  if (explanation.steps.length > 0) {
    lines.push(paint.bold("combinations"), ...explanation.steps.flatMap(stepLine), "");
  }
  for (const u of explanation.unknown) {
    lines.push(
      `unknown in this dump: ${u.title}, which would decide ${plural(u.goroutines, "goroutine")}`,
      `  collect with: ${u.collectWith}`,
    );
  }
  if (explanation.limit !== undefined) lines.push(`not fully evaluated: ${explanation.limit}`);
  return `${lines.join("\n").trimEnd()}\n`;
}

const parts = {
  required: "needed",
  optional: "evidence only",
  witness: "evidence only",
  absent: "nobody may be",
} as const;

function roleLines(role: RoleExplanation, paint: Palette): string[] {
  const head = `${paint.bold(role.name)} (${parts[role.part]}): ${role.title}`;
  const width = Math.min(70, Math.max(20, ...role.conditions.map((c) => c.text.length)));
  const rows = role.conditions.map((c) => {
    const undecided = c.undecided.goroutines > 0 ? `, ${count(c.undecided.goroutines)} unknown` : "";
    const alone = paint.dim(`(alone ${count(c.alone.goroutines)} in ${count(c.alone.stacks)})`);
    const left = `${count(c.left.goroutines)} in ${plural(c.left.stacks, "stack")}${undecided}`;
    return `  ${pad(c.text, width)}  ${c.left.goroutines === 0 ? paint.bold(left) : left} ${alone}`;
  });
  const by = role.variables.length === 0 ? "" : ` of ${role.variables.join(", ")}`;
  const needs = role.count === undefined ? "" : `; needs ${role.count}`;
  const sum = `  = ${plural(role.combinations, "combination")}${by}, the largest of ${plural(role.largest, "goroutine")}${needs}`;
  return [
    head,
    ...rows,
    sum,
    ...(role.source ?? []).map((text) => `  source: ${text}`),
    ...role.nearMisses.map(missLine),
    ...role.asked.flatMap((g) => goroutineLines(g, paint)),
  ];
}

function missLine(miss: NearMiss): string {
  const where = miss.function === "" ? "" : ` at ${miss.function} ${miss.at}`;
  const lacks = miss.lacks.map((l) => `“${l.condition}”${l.instead === "" ? "" : ` (has ${l.instead})`}`);
  const who = miss.ids.length === 0 ? "" : ` (goroutine ${miss.ids[0]}${miss.goroutines > 1 ? ", …" : ""})`;
  return `  near miss: ${plural(miss.goroutines, "goroutine")}${who}, ${miss.wait}${where}: lacks ${lacks.join(" and ")}`;
}

const verdicts = { yes: "✓", no: "✗", unknown: "?" } as const;

function goroutineLines(g: GoroutineExplanation, paint: Palette): string[] {
  const belongs = { yes: "belongs", no: "does not belong", unknown: "may belong" } as const;
  return [
    `  goroutine ${g.goroutine} ${paint.bold(belongs[g.belongs])}:`,
    ...g.conditions.map((c) => {
      const bound = Object.entries(c.bindings).map(([name, value]) => `$${name} = ${value}`);
      const more = c.instead === "" ? bound.join(", ") : `has ${c.instead}`;
      return `    ${verdicts[c.verdict]} ${c.condition}${more === "" ? "" : `  ${more}`}`;
    }),
  ];
}

function stepLine(step: Explanation["steps"][number]): string[] {
  const lines = [
    `  ${`${step.kind} ${step.role}`.trim()}: ${step.text}: ${count(step.before)} → ${count(step.after)}`,
  ];
  if (step.after === 0 && step.closest !== undefined) lines.push(`    closest: ${step.closest}`);
  return lines;
}
