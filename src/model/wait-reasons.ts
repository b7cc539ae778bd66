/** Wait reasons by number, as `g.waitreason` of a Go minor version means them. */
export interface WaitReasonTable {
  /** First and last minor version of Go 1 that count so. */
  readonly from: number;
  readonly to: number;
  readonly texts: readonly string[];
}

// Each version is written as its difference from the one before (src/runtime/runtime2.go of 1.12 to 1.27; up to 1.10
// the runtime stored texts).
const go12 = [
  "",
  "GC assist marking",
  "IO wait",
  "chan receive (nil chan)",
  "chan send (nil chan)",
  "dumping heap",
  "garbage collection",
  "garbage collection scan",
  "panicwait",
  "select",
  "select (no cases)",
  "GC assist wait",
  "GC sweep wait",
  "chan receive",
  "chan send",
  "finalizer wait",
  "force gc (idle)",
  "semacquire",
  "sleep",
  "sync.Cond.Wait",
  "timer goroutine (idle)",
  "trace reader (blocked)",
  "wait for GC cycle",
  "GC worker (idle)",
];
const go13 = after(go12, "GC sweep wait", "GC scavenge wait");
const go14 = [...go13, "preempted"];
const go15 = [...go14, "debug call"];
const locks = ["sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"];
const go20 = [
  ...after(
    after(without(go15, ["timer goroutine (idle)"]), "sync.Cond.Wait", ...locks),
    "GC worker (idle)",
    "GC worker (active)",
  ),
  "GC mark termination",
  "stopping the world",
];
const go22 = [
  ...go20,
  "flushing proc caches",
  "trace goroutine status",
  "trace proc status",
  "page trace flush",
  "coroutine",
];
const go23 = [...go22, "GC weak to strong wait"];
const go24 = [
  ...after(go23, "sync.RWMutex.Lock", "sync.WaitGroup.Wait"),
  "synctest.Run",
  "synctest.Wait",
  "chan receive (synctest)",
  "chan send (synctest)",
  "select (synctest)",
];
const go25 = [
  ...after(go24, "force gc (idle)", "GOMAXPROCS updater (idle)").map((text) =>
    text.replace("(synctest)", "(durable)"),
  ),
  "sync.WaitGroup.Wait (durable)",
  "cleanup wait",
];
const channelReasons = [
  "chan receive (nil chan)",
  "chan send (nil chan)",
  "select (no cases)",
  "select",
  "chan receive",
  "chan send",
];
const go26 = after(without(go25, channelReasons), "sleep", ...channelReasons);

/** All tables, oldest first. Later versions of Go count as the last one does until we know better. */
export const waitReasonTables: readonly WaitReasonTable[] = [
  { from: 11, to: 12, texts: go12 },
  { from: 13, to: 13, texts: go13 },
  { from: 14, to: 14, texts: go14 },
  { from: 15, to: 19, texts: go15 },
  { from: 20, to: 21, texts: go20 },
  { from: 22, to: 22, texts: go22 },
  { from: 23, to: 23, texts: go23 },
  { from: 24, to: 24, texts: go24 },
  { from: 25, to: 25, texts: go25 },
  { from: 26, to: 999, texts: go26 },
];

/** Minor version of `go1.24.1`, `1.24` or `Go cmd/compile go1.27.4`; `undefined` when there is none. */
export function goMinor(version: string | undefined): number | undefined {
  const found = /(?:^|\bgo)1\.(\d{1,3})(?!\d)/.exec(version ?? "");
  return found === null ? undefined : Number(found[1]);
}

/** The table of a Go version; `undefined` when it has no numbers, or the version is not understood. */
export function waitReasonTable(version: string | undefined): WaitReasonTable | undefined {
  const minor = goMinor(version);
  return minor === undefined ? undefined : waitReasonTables.find((t) => minor >= t.from && minor <= t.to);
}

const irregularNames: Readonly<Record<string, string>> = {
  Zero: "",
  ForceGGIdle: "force gc (idle)",
  FlushProcCaches: "flushing proc caches",
  SynctestChanReceive: "chan receive (durable)",
  SynctestChanSend: "chan send (durable)",
  SynctestSelect: "select (durable)",
  UpdateGOMAXPROCSIdle: "GOMAXPROCS updater (idle)",
  SynctestWaitGroupWait: "sync.WaitGroup.Wait (durable)",
};

const byLetters = new Map(waitReasonTables.flatMap((t) => t.texts.map((text) => [letters(text), text])));

/** The text of a runtime constant such as `waitReasonChanSend`; `undefined` when no version has it. */
export function waitReasonOfConstant(name: string): string | undefined {
  const short = name.replace(/^(?:runtime\.)?waitReason/, "");
  return Object.hasOwn(irregularNames, short) ? irregularNames[short] : byLetters.get(letters(short));
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, "");
}

function after(texts: readonly string[], text: string, ...added: string[]): string[] {
  const index = texts.indexOf(text) + 1;
  return [...texts.slice(0, index), ...added, ...texts.slice(index)];
}

function without(texts: readonly string[], removed: readonly string[]): string[] {
  return texts.filter((t) => !removed.includes(t));
}
