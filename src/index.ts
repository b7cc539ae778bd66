export { type Address, formatAddress } from "./model/address.ts";
export {
  type Capability,
  type Dump,
  type DumpEvent,
  type FormatId,
  goroutineCount,
  type ReadProblem,
} from "./model/dump.ts";
export type { Frame, Stack } from "./model/stack.ts";
export { type WaitClass, type WaitKind, waitClasses, waitKinds } from "./model/wait-kind.ts";
export type { Finding, Report, Reporter } from "./report/report.ts";
export { type DumpSource, openSource, type Source, type SourceOptions } from "./source/open-source.ts";
export type { SiteFacts, SourceHold, SourceOperation, StackFacts } from "./source/source-facts.ts";
