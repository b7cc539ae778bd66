import type { OperationKind } from "./operations.ts";
import type { SiteFacts, SourceOperation } from "./source-facts.ts";

const verbs: Readonly<Record<OperationKind, string>> = {
  send: "send on",
  receive: "receive from",
  range: "range over",
  select: "select",
  lock: "Lock of",
  rlock: "RLock of",
  unlock: "Unlock of",
  runlock: "RUnlock of",
  wait: "Wait for",
  done: "Done of",
  add: "Add to",
  close: "close of",
  "once-do": "Do of",
  signal: "Signal of",
};

/** What stands on a line, in words: `send on m.in`, `select of 2 cases, with a timer`. */
export function describeOperation(operation: SiteFacts | SourceOperation): string {
  const select = "select" in operation ? operation.select : undefined;
  if (select === undefined) return `${verbs[operation.kind]} ${operation.text}`;
  const count = select.cases.length;
  const ways = [
    select.default ? "with a default" : "",
    select.timer === true ? "with a timer" : "",
    select.done ? "with a context's Done" : "",
  ];
  return [`select of ${count} ${count === 1 ? "case" : "cases"}`, ...ways.filter((w) => w !== "")].join(", ");
}
