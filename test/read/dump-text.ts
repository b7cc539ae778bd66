import { formatAddress } from "../../src/model/address.ts";
import type { Dump } from "../../src/model/dump.ts";
import type { Frame, Stack } from "../../src/model/stack.ts";

/** Everything that a dump holds, as text: for goldens, and to compare two readings. */
export function dumpText(dump: Dump): string {
  const lines = [
    `${dump.name} (${dump.format}, ${dump.goVersion ?? "unknown version"})`,
    `headers ${dump.headersSeen}, rows ${dump.goroutines.length}, repeated ${dump.repeated}, complete ${dump.complete}`,
    `knows ${[...dump.capabilities].sort().join(" ")}`,
    ...dump.events.map((e) => `event ${e.kind} line ${e.line}: ${JSON.stringify(e.text)}`),
    ...dump.problems.map((p) => `problem ${JSON.stringify(p)}`),
    ...Object.entries(dump.extra).map(([key, value]) => `extra ${key}: ${value}`),
    "",
  ];
  dump.stacks.forEach((stack, index) => {
    lines.push(...stackLines(stack, index));
  });
  lines.push("");
  for (let row = 0; row < dump.goroutines.length; row++) lines.push(rowLine(dump, row));
  return `${lines.join("\n")}\n`;
}

function stackLines(stack: Stack, index: number): string[] {
  const gap = stack.gapAt === undefined ? "" : ` gap at ${stack.gapAt}`;
  const slots = stack.slots.map((s) => `${s.frame}.${s.argument}`).join(" ");
  return [
    `stack ${index} [${stack.reason}] ${stack.wait} ${stack.extent} ${stack.elided}${gap} slots ${slots}`,
    ...stack.frames.map((f) => `  ${frameText(f)}`),
    ...(stack.createdBy ? [`  by ${frameText(stack.createdBy)}`] : []),
  ];
}

function frameText(frame: Frame): string {
  return `${frame.symbol.name} ${frame.file}:${frame.line}${frame.inlined ? " inlined" : ""}`;
}

function rowLine(dump: Dump, row: number): string {
  const g = dump.goroutines;
  const stack = g.stack[row]!;
  const args = dump.stacks[stack]!.slots.map((_, slot) => formatAddress(g.argument(row, slot)));
  const labels = [...dump.labelSets[g.labels[row]!]!].map(
    ([key, value]) => `${key}=${JSON.stringify(value)}`,
  );
  return [
    `g${g.id[row]} stack ${stack} x${g.weight[row]}`,
    `minutes ${g.minutes[row]} flags ${g.flags[row]} by ${g.creator[row]}`,
    `on ${formatAddress(g.resource[row]!)} args ${args.join(" ")} ${labels.join(" ")}`,
  ]
    .join(" ")
    .trimEnd();
}
