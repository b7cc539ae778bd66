import path from "node:path";
import { isMachinery } from "../model/origin.ts";
import { siteOf } from "../model/places.ts";
import type { Frame, Stack } from "../model/stack.ts";
import type { GoSymbol } from "../model/symbol.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import { callPath, spawnedBy } from "./call-graph.ts";
import type { Expressions } from "./expression.ts";
import { functionsAt, type GoFile, type GoFunction, outermost } from "./go-file.ts";
import {
  callsOn,
  hasGo,
  isOpaqueCall,
  leadingCalls,
  mayCall,
  runsDeferred,
  startsCall,
} from "./line-calls.ts";
import type { Locator } from "./locate.ts";
import { closureDepth, declaredName, inside, literalAt, matchesDeclared } from "./match-symbol.ts";
import { type Operation, type OperationKind, operationsOf } from "./operations.ts";
import type { PackageView, SourceCode } from "./source-code.ts";
import { onLines, type SyntaxNode } from "./syntax.ts";

/**
 * Whether a frame's source is at hand.
 * `missing`: no file. `unusable`: the file can't be used. `mismatch`: the source is of another build than the dump.
 */
export type SourceStatus = "found" | "missing" | "unusable" | "mismatch";

/** A frame and the code that it stands in. */
export interface FrameSource {
  readonly status: SourceStatus;
  /** Why it is not found; "" when it is. */
  readonly reason: string;
  /** Absolute path; "" when missing. */
  readonly path: string;
  readonly code: FrameCode | undefined;
}

export interface FrameCode {
  readonly file: GoFile;
  readonly pkg: PackageView;
  /** The function or literal that holds the line; for a list with inlined lines not the one that the dump names. */
  readonly fn: GoFunction;
  /** The function that the dump names, where an inlined callee's line is shown under it. */
  readonly inlinedInto: FunctionIn | undefined;
  /** The compiler's closure around a `go` or `defer` call: no function of the program. */
  readonly wrapper: boolean;
  /** Calls on the line that may lead to the frame further in, and blocking operations on it. */
  readonly calls: readonly SyntaxNode[];
  readonly operations: readonly Operation[];
  readonly line: number;
}

/** A function and its package. */
export interface FunctionIn {
  readonly fn: GoFunction;
  readonly pkg: PackageView;
}

interface Chosen extends FunctionIn {
  readonly inlinedInto: FunctionIn | undefined;
  /** Not the function itself, but what older compilers make of `go f(x)` and `defer f(x)` in it. */
  readonly wrapper?: true;
}

/** What a frame is for its stack, which decides what its line must hold. */
export interface FrameUse {
  readonly stack: Stack;
  /** Index into `stack.frames`; -1 for the `go` statement (`createdBy`). */
  readonly index: number;
}

/** What can stand on a line where a goroutine waits in this way; kinds left out can stand on any line. */
const operationsFor: Partial<Readonly<Record<WaitKind, readonly OperationKind[]>>> = {
  "chan-send": ["send"],
  "chan-send-nil": ["send"],
  "chan-receive": ["receive", "range"],
  "chan-receive-nil": ["receive", "range"],
  select: ["select"],
  "select-empty": ["select"],
  "mutex-lock": ["lock", "rlock"],
  "rwmutex-rlock": ["rlock"],
  "rwmutex-lock": ["lock"],
  "waitgroup-wait": ["wait"],
  "cond-wait": ["wait"],
};

const channelOperations: readonly OperationKind[] = ["send", "receive", "range", "select"];

/** Checks frames against the source, each by its function, its line and what the line must hold. */
export class FrameSources {
  readonly #code: SourceCode;
  readonly #locator: Locator;
  readonly #expressions: Expressions;

  constructor(code: SourceCode, locator: Locator, expressions: Expressions) {
    this.#code = code;
    this.#locator = locator;
    this.#expressions = expressions;
  }

  /** Remembers where the frame's package lies. The innermost frame of Delve's list may be another package's inlined line. */
  learn(use: FrameUse): void {
    const frame = frameOf(use);
    const inlined = use.stack.extent === "ends" && use.index === 0 && frame.symbol.package !== "main";
    if (inlined || frame.symbol.package === "") return;
    const located = this.#locator.locate(frame.file);
    if (located.file === undefined) return;
    // A guessed file must at least lie in a directory of the package's name.
    const name = frame.symbol.package.slice(frame.symbol.package.lastIndexOf("/") + 1);
    if (!located.guessed || name === "main" || path.basename(path.dirname(located.file)) === name)
      this.#code.learn(frame.symbol.package, located.file);
  }

  /** The frame's source; `shift` pretends that the dump's line were so many lines further down. */
  find(use: FrameUse, shift = 0): FrameSource {
    const frame = frameOf(use);
    const located = this.#locator.locate(frame.file);
    if (located.file === undefined)
      return { status: "missing", reason: located.reason, path: "", code: undefined };
    const file = this.#code.file(located.file);
    if (file === undefined) {
      const why = this.#code.files.problems.find((p) => p.path === located.file)?.message ?? "can't be read";
      return {
        status: "unusable",
        reason: `${this.#code.files.display(located.file)} ${why}`,
        path: located.file,
        code: undefined,
      };
    }
    const checked = this.#check(use, frame, file, frame.line + shift);
    if (typeof checked !== "string") return { status: "found", reason: "", path: file.path, code: checked };
    // A file found only by the end of its path may be another package's.
    if (located.guessed && !this.#declares(file, frame)) {
      return {
        status: "missing",
        reason: "only another package's file has this name",
        path: "",
        code: undefined,
      };
    }
    const where = `${this.#code.files.display(file.path)}:${frame.line}`;
    return {
      status: "mismatch",
      reason: `source does not match this dump: ${where} ${checked}`,
      path: file.path,
      code: undefined,
    };
  }

  #declares(file: GoFile, frame: Frame): boolean {
    const isMain = frame.symbol.package === "main";
    if (isMain !== (file.packageName === "main")) return false;
    return file.functions.some((fn) => matchesDeclared(fn, frame.symbol));
  }

  #check(use: FrameUse, frame: Frame, file: GoFile, line: number): FrameCode | string {
    const around = functionsAt(file, line);
    if (around.length === 0) return "lies outside of all functions";
    const chosen = this.#choose(use, frame, file, around, line);
    if (typeof chosen === "string") return chosen;
    const checked = this.#checkIn(chosen, use, file, line);
    const { outer } = chosen.fn;
    const isCaller = use.index > 0 && siteOf(use.stack) !== use.index;
    if (typeof checked !== "string" || !isCaller || outer === undefined || !startsCall(outer.node, line))
      return checked;
    // Before Go 1.22, the compiler's closure around `go f(func() {})` has a name like the one that is handed over.
    const wrapped = this.#checkIn({ ...chosen, fn: outer, wrapper: true }, use, file, line);
    return typeof wrapped === "string" ? checked : wrapped;
  }

  #checkIn(chosen: Chosen, use: FrameUse, file: GoFile, line: number): FrameCode | string {
    const { fn, pkg, inlinedInto } = chosen;
    const all = operationsOf(fn.node, { file, pkg }, this.#expressions);
    const calls = callsOn(fn.node, line);
    const wrong = this.#lineHolds(use, fn, file, line, all, calls);
    if (wrong !== undefined) return wrong;
    const inner = use.index > 0 ? use.stack.frames[use.index - 1] : undefined;
    const leading = inner === undefined ? [] : leadingCalls(calls, inner.symbol, file);
    return {
      file,
      pkg,
      fn,
      inlinedInto,
      wrapper: chosen.wrapper === true,
      line,
      calls: leading,
      operations: blockingOn(all, line, use),
    };
  }

  /** The function that the frame stands in, or what speaks against it. */
  #choose(
    use: FrameUse,
    frame: Frame,
    file: GoFile,
    around: readonly GoFunction[],
    line: number,
  ): Chosen | string {
    const symbol = frame.symbol;
    const packagePath = symbol.package || file.packageName;
    const samePackage = (packagePath === "main") === (file.packageName === "main");
    const pkg = this.#code.packageOf(file, packagePath);
    const named = samePackage ? around.filter((fn) => matchesDeclared(outermost(fn), symbol)) : [];
    if (named.length > 0) return chooseNamed(use, symbol, named, pkg, line);
    if (use.stack.extent === "ends" && use.index === 0) return this.#inlined(frame, around.at(-1)!, pkg);
    return samePackage ? `is not in ${symbol.outer}` : `is of package ${file.packageName}`;
  }

  /** An optimised build's inlined callee: its line, under the name of the function that it was inlined into. */
  #inlined(frame: Frame, real: GoFunction, filePkg: PackageView): Chosen | string {
    const { receiver, name } = declaredName(frame.symbol);
    const learned = this.#code.learnedDirectories(frame.symbol.package);
    const packages = [filePkg, ...learned.map((d) => this.#code.packageIn(d, frame.symbol.package))];
    let declared = false;
    for (const pkg of packages) {
      if (pkg === undefined || (pkg.name === "main") !== (frame.symbol.package === "main")) continue;
      const near = pkg.directory === filePkg.directory ? real.file : undefined;
      const outer = this.#code.functionOf(pkg, receiver, name, near);
      if (outer === undefined) continue;
      declared = true;
      for (const fn of outer.file.functions.filter((f) => outermost(f) === outer)) {
        const path = callPath(fn, real, pkg, this.#expressions);
        const last = path?.at(-1);
        if (last !== undefined) return { fn: real, pkg: last.pkg, inlinedInto: { fn, pkg } };
        const started = this.#started(fn, pkg, real);
        if (started !== undefined) return started;
      }
    }
    return `is in ${real.name || "a closure"}, ${declared ? `which ${frame.symbol.outer} does not call` : `not in ${frame.symbol.outer}`}`;
  }

  /** `go f(x)` with f inlined into the compiler's closure: the line is f's, the name the closure's. */
  #started(from: GoFunction, pkg: PackageView, real: GoFunction): Chosen | undefined {
    for (const target of spawnedBy(from, { file: from.file, pkg }, this.#expressions)) {
      if (target.fn.node === real.node) return { fn: real, pkg: target.pkg, inlinedInto: undefined };
      const last = callPath(target.fn, real, target.pkg, this.#expressions)?.at(-1);
      if (last !== undefined) return { fn: real, pkg: last.pkg, inlinedInto: target };
    }
    return undefined;
  }

  #lineHolds(
    use: FrameUse,
    fn: GoFunction,
    file: GoFile,
    line: number,
    all: readonly Operation[],
    calls: readonly SyntaxNode[],
  ): string | undefined {
    const { stack, index } = use;
    if (index < 0) return hasGo(fn.node, line, file) ? undefined : "starts no goroutine";
    const frames = stack.frames;
    if (stack.extent === "ends" && index === frames.length - 1 && index > 0)
      return fn.node.line === line ? undefined : "is not where its function begins";
    if (siteOf(stack) === index) return holdsWait(stack, all, line, calls, use);
    if (index === 0 || stack.gapAt === index) return undefined;
    const inner = frames[index - 1]!.symbol;
    if (inner.package === "runtime" || isMachinery(inner)) return undefined;
    if (calls.some((c) => mayCall(c, inner, file))) return undefined;
    if (runsDeferred(fn.node, line)) return undefined;
    return `does not call ${inner.outer}`;
  }
}

/** The function or closure among those of the right name. */
function chooseNamed(
  use: FrameUse,
  symbol: GoSymbol,
  named: readonly GoFunction[],
  pkg: PackageView,
  line: number,
): Chosen | string {
  const depth = closureDepth(symbol);
  const fn = depth === 0 ? named.find((f) => f.outer === undefined) : literalAt(named, depth);
  if (fn === undefined) {
    // Before Go 1.22, the compiler called its closures around `go f(x)` func1, too.
    const outer = named.find((f) => f.outer === undefined);
    if (outer !== undefined && startsCall(outer.node, line))
      return { fn: outer, pkg, inlinedInto: undefined, wrapper: true };
    return `is not in a closure of ${symbol.outer}`;
  }
  const inner = depth === 0 && named.some((f) => f.outer !== undefined && inside(f.node, line));
  if (!inner || symbol.wrapper) return { fn, pkg, inlinedInto: undefined };
  // Delve's list shows lines of inlined closures under the function around them.
  if (use.stack.extent === "ends" && use.index === 0)
    return { fn: named.at(-1)!, pkg, inlinedInto: { fn, pkg } };
  return `is in a closure, not in ${symbol.outer} itself`;
}

/** The frame that a use means. */
export function frameOf(use: FrameUse): Frame {
  return use.index < 0 ? use.stack.createdBy! : use.stack.frames[use.index]!;
}

/** Operations on a line at which a goroutine can wait as the stack says. */
function blockingOn(all: readonly Operation[], line: number, use: FrameUse): readonly Operation[] {
  return all.filter((o) => onOperation(o, line) && canWaitAt(o, use.stack));
}

/** Whether a goroutine with this stack can wait at the operation. */
export function canWaitAt(operation: Operation, stack: Stack): boolean {
  // Locks and groups wait in frames of sync, which every dump shows: without them it can only be a channel.
  const bare = stack.wait === "parked" && siteOf(stack) === 0;
  const kinds = bare ? channelOperations : operationsFor[stack.wait];
  return canBlock(operation) && (kinds === undefined || kinds.includes(operation.kind));
}

function canBlock(operation: Operation): boolean {
  const { kind, inSelect } = operation;
  if (kind === "unlock" || kind === "runlock" || kind === "done" || kind === "add" || kind === "close")
    return false;
  if (kind === "signal") return false;
  if (kind === "select" && operation.select!.default && operation.select!.cases.length > 0) return false;
  // Of a select, only the one with a single case compiles to the bare operation.
  return inSelect === undefined || (inSelect.cases.length === 1 && !inSelect.default);
}

/** A select blocks on its first line, everything else on the lines of its statement. */
function onOperation(operation: Operation, line: number): boolean {
  if (operation.kind === "select" || operation.kind === "range") return operation.line === line;
  return onLines(operation.node, line);
}

function holdsWait(
  stack: Stack,
  all: readonly Operation[],
  line: number,
  calls: readonly SyntaxNode[],
  use: FrameUse,
): string | undefined {
  const kinds = operationsFor[stack.wait];
  if (kinds === undefined) {
    if (stack.wait !== "parked" || calls.length > 0 || all.some((o) => onOperation(o, line)))
      return undefined;
    return "holds nothing that could wait";
  }
  if (blockingOn(all, line, use).length > 0) return undefined;
  if (stack.wait === "select" && all.some((o) => o.kind === "select" && onLines(o.node, line)))
    return undefined;
  // Locks and groups behind interfaces, function values and deferred calls are calls to us.
  const sync = !stack.wait.startsWith("chan") && stack.wait !== "select" && stack.wait !== "select-empty";
  if (sync && calls.some((c) => isOpaqueCall(c))) return undefined;
  // The Lock of a sync.Locker is a read lock where RLocker has made it.
  const locks = stack.wait === "rwmutex-rlock" && all.some((o) => o.kind === "lock" && onOperation(o, line));
  return locks ? undefined : `holds no ${kinds[0]}`;
}
