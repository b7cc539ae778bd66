/**
 * What a goroutine waits for, normalised over all Go versions and dump formats.
 * `parked`: blocked, but the dump does not say on what. `unknown`: not even that is known.
 */
export const waitKinds = [
  "unknown",
  "chan-send",
  "chan-receive",
  "chan-send-nil",
  "chan-receive-nil",
  "select",
  "select-empty",
  "mutex-lock",
  "rwmutex-rlock",
  "rwmutex-lock",
  "waitgroup-wait",
  "cond-wait",
  "once",
  "semaphore",
  "sleep",
  "io-wait",
  "syscall",
  "running",
  "runnable",
  "coroutine",
  "synctest",
  "runtime-idle",
  "parked",
] as const;

export type WaitKind = (typeof waitKinds)[number];

/** Names that rules may use for several kinds at once. */
export const waitClasses = {
  channel: ["chan-send", "chan-receive", "chan-send-nil", "chan-receive-nil", "select", "select-empty"],
  lock: ["mutex-lock", "rwmutex-rlock", "rwmutex-lock", "once"],
  sync: ["mutex-lock", "rwmutex-rlock", "rwmutex-lock", "once", "waitgroup-wait", "cond-wait", "semaphore"],
  /** Only another goroutine can release it. */
  blocked: [
    "chan-send",
    "chan-receive",
    "chan-send-nil",
    "chan-receive-nil",
    "select",
    "select-empty",
    "mutex-lock",
    "rwmutex-rlock",
    "rwmutex-lock",
    "once",
    "waitgroup-wait",
    "cond-wait",
    "semaphore",
    "coroutine",
    "synctest",
  ],
} as const satisfies Record<string, readonly WaitKind[]>;

export type WaitClass = keyof typeof waitClasses;

const locks: ReadonlySet<WaitKind> = new Set(waitClasses.lock);

/** True when it waits for a lock, or for another caller of a Once. */
export function isLockWait(kind: WaitKind): boolean {
  return locks.has(kind);
}

const blocked: ReadonlySet<WaitKind> = new Set([...waitClasses.blocked, "parked"]);

/** True when only another goroutine (or nobody) can release it, as far as the dump says. */
export function isBlocked(kind: WaitKind): boolean {
  return blocked.has(kind);
}

/** Kinds that the wait reason alone decides; `semacquire` needs the frames. */
const byReason: ReadonlyMap<string, WaitKind> = new Map(
  Object.entries<WaitKind>({
    "chan send": "chan-send",
    "chan receive": "chan-receive",
    "chan send (nil chan)": "chan-send-nil",
    "chan receive (nil chan)": "chan-receive-nil",
    "chan send (synctest)": "chan-send",
    "chan receive (synctest)": "chan-receive",
    "chan send (durable)": "chan-send",
    "chan receive (durable)": "chan-receive",
    select: "select",
    "select (synctest)": "select",
    "select (durable)": "select",
    "select (no cases)": "select-empty",
    "sync.Mutex.Lock": "mutex-lock",
    "sync.RWMutex.RLock": "rwmutex-rlock",
    "sync.RWMutex.Lock": "rwmutex-lock",
    "sync.WaitGroup.Wait": "waitgroup-wait",
    "sync.WaitGroup.Wait (durable)": "waitgroup-wait",
    "sync.Cond.Wait": "cond-wait",
    sleep: "sleep",
    "IO wait": "io-wait",
    syscall: "syscall",
    running: "running",
    "GC worker (active)": "running",
    "GC assist marking": "running",
    "GC mark termination": "running",
    "stopping the world": "running",
    "flushing proc caches": "running",
    "garbage collection": "running",
    "garbage collection scan": "running",
    "trace goroutine status": "running",
    "trace proc status": "running",
    "page trace flush": "running",
    "dumping heap": "running",
    copystack: "running",
    runnable: "runnable",
    preempted: "runnable",
    "debug call": "running",
    coroutine: "coroutine",
    "synctest.Run": "synctest",
    "synctest.Wait": "synctest",
    idle: "runtime-idle",
    "GC worker (idle)": "runtime-idle",
    "GC sweep wait": "runtime-idle",
    "GC scavenge wait": "runtime-idle",
    "GC assist wait": "runtime-idle",
    "GC weak to strong wait": "runtime-idle",
    "GOMAXPROCS updater (idle)": "runtime-idle",
    "force gc (idle)": "runtime-idle",
    "finalizer wait": "runtime-idle",
    "cleanup wait": "runtime-idle",
    "timer goroutine (idle)": "runtime-idle",
    "trace reader (blocked)": "runtime-idle",
    "wait for GC cycle": "runtime-idle",
    "waiting for cgo callback": "syscall",
    dead: "runtime-idle",
  }),
);

/**
 * What a frame, seen from the innermost outwards, says about the wait.
 * Decides `semacquire` (Go up to 1.23) and formats without wait reasons (debug=0, Delve without a known version).
 */
const byFrame: ReadonlyMap<string, WaitKind> = new Map(
  Object.entries<WaitKind>({
    "runtime.chansend": "chan-send",
    "runtime.chansend1": "chan-send",
    "runtime.chanrecv": "chan-receive",
    "runtime.chanrecv1": "chan-receive",
    "runtime.chanrecv2": "chan-receive",
    "runtime.selectgo": "select",
    "runtime.block": "select-empty",
    "time.Sleep": "sleep",
    "runtime.timeSleep": "sleep",
    "runtime.netpollblock": "io-wait",
    "internal/poll.runtime_pollWait": "io-wait",
    "net.runtime_pollWait": "io-wait",
    "runtime.coroswitch": "coroutine",
    "runtime.coroswitch_m": "coroutine",
    "runtime.asyncPreempt": "runnable",
    "runtime.asyncPreempt2": "runnable",
    "runtime.goschedImpl": "runnable",
    "runtime.Gosched": "runnable",
    "runtime.cgocall": "syscall",
    "os/signal.signal_recv": "syscall",
    "runtime/internal/syscall.Syscall6": "syscall",
    "internal/runtime/syscall.Syscall6": "syscall",
    "internal/runtime/syscall/linux.Syscall6": "syscall",
    "syscall.Syscall": "syscall",
    "syscall.Syscall6": "syscall",
    "syscall.RawSyscall": "syscall",
    "syscall.RawSyscall6": "syscall",
    "runtime.notetsleepg": "syscall",
    "sync.(*Mutex).lockSlow": "mutex-lock",
    "sync.(*Mutex).Lock": "mutex-lock",
    "internal/sync.(*Mutex).lockSlow": "mutex-lock",
    "internal/sync.(*Mutex).Lock": "mutex-lock",
    "internal/sync.runtime_SemacquireMutex": "mutex-lock",
    "sync.runtime_SemacquireRWMutexR": "rwmutex-rlock",
    "sync.(*RWMutex).RLock": "rwmutex-rlock",
    "sync.runtime_SemacquireRWMutex": "rwmutex-lock",
    "sync.(*RWMutex).Lock": "rwmutex-lock",
    "sync.runtime_SemacquireWaitGroup": "waitgroup-wait",
    "sync.(*WaitGroup).Wait": "waitgroup-wait",
    "sync.runtime_notifyListWait": "cond-wait",
    "sync.runtime_Syncsemacquire": "cond-wait",
    "sync.(*Cond).Wait": "cond-wait",
    "internal/poll.runtime_Semacquire": "semaphore",
  }),
);

/** Frames that only pass the wait on: the deciding frame is further out. */
const plumbing = /^(?:internal\/)?(?:runtime|sync)\.(?:[a-z]|\(\*Pool\))|^internal\/runtime\//;

/** Reasons that name the primitive's plumbing only. */
const vague: ReadonlySet<string> = new Set(["semacquire", "", "waiting", "parked"]);

/** Frames further out say nothing of the wait. */
const innermost = 12;

/**
 * The kind of wait that the innermost frames show, `undefined` when they don't.
 * @param functions innermost first; of most stacks only the first is asked for
 */
export function waitKindOfFrames(functions: Iterable<string>): WaitKind | undefined {
  let kind: WaitKind | undefined;
  let left = innermost;
  for (const name of functions) {
    if (left-- === 0) break;
    const said = byFrame.get(name);
    // A writer queued behind a writer sits in RWMutex.Lock's inner Mutex, a second caller of Once.Do in Once's.
    if (kind === "mutex-lock") {
      if (name.endsWith("sync.(*RWMutex).Lock")) return "rwmutex-lock";
      if (name === "sync.(*Once).doSlow" || name === "sync.(*Once).Do") return "once";
      if (said === "mutex-lock") continue;
      return kind;
    }
    if (said === "mutex-lock") {
      kind = said;
      continue;
    }
    if (said !== undefined) return said;
    if (!plumbing.test(name)) return undefined;
  }
  return kind;
}

/** The kind that a wait reason says whatever the frames are, `undefined` where they have a say. */
export function kindOfReason(reason: string): WaitKind | undefined {
  const said = byReason.get(reason);
  return said === "mutex-lock" ? undefined : said;
}

/**
 * The kind of wait of a goroutine.
 * @param reason the wait reason as the dump writes it, flags such as `(leaked)` removed; "" where it says none
 * @param functions function names, innermost first
 */
export function waitKindOf(reason: string, functions: readonly string[]): WaitKind {
  const said = byReason.get(reason);
  if (said === "mutex-lock") {
    const refined = waitKindOfFrames(functions);
    return refined === "once" || refined === "rwmutex-lock" ? refined : said;
  }
  if (said !== undefined) return said;
  if (reason === "semacquire") return waitKindOfFrames(functions) ?? semaphoreOrRuntime(functions);
  if (vague.has(reason)) return waitKindOfFrames(functions) ?? (reason === "" ? "unknown" : "parked");
  return "unknown";
}

/** `semacquire` without a frame of `sync` is the runtime's own: a GC start or a stop-the-world. */
function semaphoreOrRuntime(functions: readonly string[]): WaitKind {
  const innermost = functions[0] ?? "";
  return innermost.startsWith("runtime.") || innermost === "" ? "runtime-idle" : "semaphore";
}
