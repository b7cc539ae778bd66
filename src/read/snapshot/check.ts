import { capabilityNames, formatIds } from "../../model/dump.ts";
import { waitKinds } from "../../model/wait-kind.ts";
import type { SnapshotDump, SnapshotFile } from "./form.ts";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const truth: Check = (value) => typeof value === "boolean";
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const whole: Check = (value) => Number.isSafeInteger(value);
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const pairOf =
  (check: Check): Check =>
  (value) =>
    listOf(check)(value) && (value as unknown[]).length === 2;
const objectOf =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(members).every(([key, check]) => check((value as Record<string, unknown>)[key]));

const problem = objectOf({
  line: optional(count),
  offset: optional(count),
  text: optional(text),
  message: text,
  lost: whole,
});
const eventKinds = ["panic", "fatal-error", "signal", "test-timeout", "race", "runtime-message"];
const event = objectOf({ kind: oneOf(eventKinds), text, line: optional(count) });
const stack = objectOf({
  reason: text,
  wait: oneOf(waitKinds),
  waitInferred: optional((value) => value === true),
  extent: oneOf(["full", "elided", "cut", "ends", "none"]),
  gapAt: optional(count),
  elided: whole,
  frames: listOf(count),
  createdBy: optional(count),
  slots: listOf(pairOf(count)),
});
const columnNames: readonly (keyof SnapshotDump["columns"])[] = [
  "id",
  "stack",
  "weight",
  "minutes",
  "flags",
  "creator",
  "labels",
  "resource",
  "arguments",
  "addresses",
];

const members: Readonly<Record<keyof SnapshotDump, Check>> = {
  name: text,
  format: oneOf(formatIds),
  goVersion: optional(text),
  capabilities: listOf(oneOf(capabilityNames)),
  headersSeen: count,
  repeated: count,
  complete: truth,
  missingShare: optional((value) => typeof value === "number"),
  problems: listOf(problem),
  events: listOf(event),
  extra: listOf(pairOf(text)),
  functions: listOf(text),
  files: listOf(text),
  frames: listOf((value) => listOf(count)(value) && (value as unknown[]).length >= 3),
  stacks: listOf(stack),
  labels: listOf(listOf(pairOf(text))),
  rows: count,
  columns: objectOf(Object.fromEntries(columnNames.map((name) => [name, text]))),
  largeAddresses: listOf(text),
  addresses: count,
  standIns: count,
};

/** Throws `TypeError` when a snapshot from outside has not the form that it claims. */
export function checkSnapshot(file: SnapshotFile): void {
  if (!Array.isArray(file.dumps)) throw new TypeError("dumps is no list");
  file.dumps.forEach((dump: unknown, i) => {
    if (!objectOf({})(dump)) throw new TypeError(`dumps[${i}] is no object`);
    for (const [key, check] of Object.entries(members)) {
      if (!check((dump as Record<string, unknown>)[key]))
        throw new TypeError(`dumps[${i}].${key} is not as it must be`);
    }
  });
}
