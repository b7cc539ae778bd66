import { all, any, is, not } from "./combine.ts";
import { createdBy } from "./created-by.ts";
import { at, entry, frame, stack, top } from "./frame.ts";
import { goroutine, labels, leaked, lockedToThread, runningOnThread, siblings, system } from "./goroutine.ts";
import { before, growth, persists } from "./history.ts";
import type { Predicate } from "./predicate.ts";
import { blocks, channel, lock, mayHold, reenters, waitsFor } from "./resource.ts";
import { source } from "./source.ts";
import { wait, waited } from "./wait.ts";

/** Every condition that a role can state. The rule schema and the reference page are made from this list. */
export const predicates: readonly Predicate[] = [
  wait,
  waited,
  at,
  top,
  entry,
  createdBy,
  siblings,
  frame,
  stack,
  channel,
  lock,
  waitsFor,
  mayHold,
  blocks,
  reenters,
  goroutine,
  labels,
  leaked,
  lockedToThread,
  runningOnThread,
  system,
  persists,
  growth,
  before,
  source,
  not,
  any,
  all,
  is,
];

/** The predicate with this key. */
export const predicateByKey: ReadonlyMap<string, Predicate> = new Map(predicates.map((p) => [p.key, p]));
