import { isFunctionNode } from "./binding.ts";
import { type ExpressionIdentity, type Expressions, shortText, unknownExpression } from "./expression.ts";
import { textOf } from "./go-file.ts";
import { childIn, listed, type SyntaxNode, stripped } from "./syntax.ts";
import { hasSyncMethod, type Place } from "./types.ts";

/** What a piece of Go code does to a channel, lock or group. */
export type OperationKind =
  | "send"
  | "receive"
  | "range"
  | "select"
  | "lock"
  | "rlock"
  | "unlock"
  | "runlock"
  | "wait"
  | "done"
  | "add"
  | "close"
  | "once-do"
  | "signal";

export interface SelectCase {
  readonly direction: "send" | "receive";
  readonly channel: ExpressionIdentity;
  readonly line: number;
  /** A timer's channel; undefined when it can't be told. */
  readonly timer: boolean | undefined;
  /** `ctx.Done()`. */
  readonly done: boolean;
}

export interface SelectInfo {
  readonly cases: readonly SelectCase[];
  readonly default: boolean;
  /** A case that fires after some time; undefined when a case can't be told. */
  readonly timer: boolean | undefined;
  /** A case waits for a context's end. */
  readonly done: boolean;
}

export interface Operation {
  readonly kind: OperationKind;
  /** 1-based. */
  readonly line: number;
  readonly endLine: number;
  /** The channel, lock or group; of a select: unknown, see its cases. */
  readonly target: ExpressionIdentity;
  readonly node: SyntaxNode;
  /** Runs when the function returns. */
  readonly deferred: boolean;
  /** The `for` or `range` around it, innermost; undefined outside loops. */
  readonly loop: SyntaxNode | undefined;
  readonly select: SelectInfo | undefined;
  /** It is a case of a select with other ways out. */
  readonly inSelect: SelectInfo | undefined;
  /** Known to be a method of `sync`, or a channel operation by its syntax. */
  readonly certain: boolean;
  /** A receive from a timer or a context's Done: a channel that no code of the program makes. */
  readonly foreign: boolean;
  /** A receive from a timer's channel; undefined when it can't be told. */
  readonly timer: boolean | undefined;
}

const methodKinds: Readonly<Record<string, OperationKind>> = {
  Lock: "lock",
  RLock: "rlock",
  Unlock: "unlock",
  RUnlock: "runlock",
  Wait: "wait",
  Done: "done",
  Add: "add",
  Do: "once-do",
  Signal: "signal",
  Broadcast: "signal",
};

const operationsOfNode = new WeakMap<SyntaxNode, readonly Operation[]>();

/**
 * All operations of a function or literal, in source order.
 * Literals inside belong to themselves, but those that are called or deferred on the spot count as part of it.
 */
export function operationsOf(fn: SyntaxNode, place: Place, expressions: Expressions): readonly Operation[] {
  let found = operationsOfNode.get(fn);
  if (found === undefined) {
    const collector = new Collector(place, expressions);
    const body = childIn(fn, "body");
    if (body !== undefined) collector.visit(body, { deferred: false, loop: undefined, inSelect: undefined });
    found = collector.operations;
    operationsOfNode.set(fn, found);
  }
  return found;
}

interface Around {
  readonly deferred: boolean;
  readonly loop: SyntaxNode | undefined;
  readonly inSelect: SelectInfo | undefined;
}

class Collector {
  readonly operations: Operation[] = [];
  readonly #place: Place;
  readonly #expressions: Expressions;

  constructor(place: Place, expressions: Expressions) {
    this.#place = place;
    this.#expressions = expressions;
  }

  visit(node: SyntaxNode, around: Around): void {
    switch (node.type) {
      case "func_literal":
        break;
      case "go_statement":
        this.#spawned(node, around);
        break;
      case "defer_statement":
        this.#children(node, { ...around, deferred: true });
        break;
      case "for_statement":
        this.#loop(node, around);
        break;
      case "select_statement":
        this.#select(node, around);
        break;
      case "call_expression":
        this.#call(node, around);
        break;
      default:
        this.#channel(node, around);
        this.#children(node, around);
    }
  }

  #channel(node: SyntaxNode, around: Around): void {
    if (node.type === "send_statement") this.#add("send", node, childIn(node, "channel"), around);
    if (node.type === "unary_expression" && childIn(node, "operator")?.type === "<-")
      this.#add("receive", node, childIn(node, "operand"), around);
  }

  #children(node: SyntaxNode, around: Around): void {
    for (const child of node.children) this.visit(child, around);
  }

  /** `go f(x)`: its arguments are computed here, the rest elsewhere. */
  #spawned(node: SyntaxNode, around: Around): void {
    const call = node.children.find((c) => c.type === "call_expression");
    const args = childIn(call, "arguments");
    if (args !== undefined) this.#children(args, around);
  }

  #loop(node: SyntaxNode, around: Around): void {
    const clause = node.children.find((c) => c.type === "range_clause");
    const inside = { ...around, loop: node };
    const over = childIn(clause, "right");
    if (clause !== undefined && over !== undefined) {
      this.visit(over, around);
      // A channel is ranged over with one variable at most.
      const single = listed(childIn(clause, "left")).length < 2;
      if (single && this.#mayBeChannel(over)) this.#push("range", clause, this.#identify(over), inside, {});
      const body = childIn(node, "body");
      if (body !== undefined) this.visit(body, inside);
      return;
    }
    this.#children(node, inside);
  }

  #mayBeChannel(over: SyntaxNode): boolean {
    if (over.type === "int_literal" || over.type === "composite_literal") return false;
    const type = this.#expressions.types.of(over, this.#place);
    const underlying = type && this.#expressions.types.underlying(type);
    return underlying === undefined
      ? !isBasic(type?.node, this.#place)
      : underlying.node.type === "channel_type";
  }

  #select(node: SyntaxNode, around: Around): void {
    const info = selectInfo(node, this.#place, this.#expressions);
    this.#push("select", node, unknownExpression(node, this.#place, "see the cases"), around, {
      select: info,
    });
    for (const branch of node.children) {
      const communication = childIn(branch, "communication");
      for (const child of branch.children) {
        if (child === communication) this.#communication(child, { ...around, inSelect: info });
        else this.visit(child, around);
      }
    }
  }

  #communication(node: SyntaxNode, around: Around): void {
    if (node.type === "send_statement") {
      this.#add("send", node, childIn(node, "channel"), around);
      return;
    }
    const right = childIn(node, "right");
    const receive = right && stripped(right);
    if (receive?.type === "unary_expression")
      this.#add("receive", receive, childIn(receive, "operand"), around);
  }

  #call(node: SyntaxNode, around: Around): void {
    const callee = childIn(node, "function");
    const literal = callee && stripped(callee);
    if (literal !== undefined && isFunctionNode(literal)) {
      // Called on the spot; behind `go` it was left out before.
      const body = childIn(literal, "body");
      if (body !== undefined) this.#children(body, around);
    }
    const args = childIn(node, "arguments");
    const values = (args?.children ?? []).filter((c) => c.type !== "comment");
    if (callee?.type === "identifier" && textOf(this.#place.file, callee) === "close" && values.length === 1)
      this.#add("close", node, values[0], around);
    if (callee?.type === "selector_expression") this.#method(node, callee, values.length, around);
    this.#children(node, around);
  }

  #method(node: SyntaxNode, callee: SyntaxNode, argumentCount: number, around: Around): void {
    const name = textOf(this.#place.file, childIn(callee, "field")!);
    const kind = Object.hasOwn(methodKinds, name) ? methodKinds[name] : undefined;
    if (kind === undefined || argumentCount !== (kind === "add" || kind === "once-do" ? 1 : 0)) return;
    const operand = childIn(callee, "operand")!;
    if (kind === "done" && !isStatement(node)) return;
    if (this.#expressions.types.importedBy(operand, this.#place) !== undefined) return;
    const target = this.#expressions.receiverOf(operand, name, this.#place);
    if (target === undefined) return;
    const named = target.type && this.#expressions.types.named(target.type);
    const certain = named !== undefined && hasSyncMethod(named.name, name);
    if (!certain && named?.declaration?.node.type === "struct_type") return;
    this.#push(kind, node, target, around, { certain });
  }

  #add(kind: OperationKind, node: SyntaxNode, target: SyntaxNode | undefined, around: Around): void {
    if (target !== undefined) this.#push(kind, node, this.#identify(target), around, {});
  }

  #identify(node: SyntaxNode): ExpressionIdentity {
    return this.#expressions.identify(node, this.#place);
  }

  /** Whose channel it is that a receive or range stands at: a timer's, a context's, or the program's own. */
  #sourceOf(receive: SyntaxNode): Pick<Operation, "foreign" | "timer"> {
    const channel = childIn(receive, "operand") ?? childIn(receive, "right");
    if (channel === undefined) return { foreign: false, timer: undefined };
    const timer = isTimer(channel, this.#place, this.#expressions);
    return { foreign: timer === true || isContextDone(channel, this.#place), timer };
  }

  #push(
    kind: OperationKind,
    node: SyntaxNode,
    target: ExpressionIdentity,
    around: Around,
    more: { readonly select?: SelectInfo; readonly certain?: boolean },
  ): void {
    this.operations.push({
      kind,
      line: node.line,
      endLine: node.endLine,
      target,
      node,
      deferred: around.deferred,
      loop: around.loop,
      select: more.select,
      inSelect: around.inSelect,
      certain: more.certain ?? true,
      ...(kind === "receive" || kind === "range" ? this.#sourceOf(node) : { foreign: false, timer: false }),
    });
  }
}

const basicTypes: ReadonlySet<string> = new Set(
  "bool string int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr byte rune float32 float64".split(
    " ",
  ),
);

function isBasic(type: SyntaxNode | undefined, place: Place): boolean {
  return type !== undefined && basicTypes.has(textOf(place.file, type));
}

function isStatement(call: SyntaxNode): boolean {
  const parent = call.parent?.type;
  return parent === "expression_statement" || parent === "defer_statement" || parent === "go_statement";
}

function selectInfo(node: SyntaxNode, place: Place, expressions: Expressions): SelectInfo {
  const cases: SelectCase[] = [];
  for (const branch of node.children) {
    const communication = childIn(branch, "communication");
    if (communication === undefined) continue;
    const send = communication.type === "send_statement";
    const right = childIn(communication, "right");
    const receive = right && stripped(right);
    const channel = send ? childIn(communication, "channel") : receive && childIn(receive, "operand");
    if (channel === undefined) continue;
    const timer = send ? false : isTimer(channel, place, expressions);
    cases.push({
      direction: send ? "send" : "receive",
      channel: expressions.identify(channel, place),
      line: communication.line,
      timer,
      done: !send && isContextDone(channel, place),
    });
  }
  return {
    cases,
    default: node.children.some((c) => c.type === "default_case"),
    timer: cases.some((c) => c.timer === true)
      ? true
      : cases.some((c) => c.timer === undefined)
        ? undefined
        : false,
    done: cases.some((c) => c.done),
  };
}

function isContextDone(channel: SyntaxNode, place: Place): boolean {
  const node = stripped(channel);
  if (node.type !== "call_expression") return false;
  const callee = childIn(node, "function");
  return callee?.type === "selector_expression" && textOf(place.file, childIn(callee, "field")!) === "Done";
}

const timerTypes: ReadonlySet<string> = new Set(["time.Timer", "time.Ticker"]);

/** Whether a channel is a timer's: `time.After(d)`, `time.Tick(d)`, `t.C`. */
function isTimer(
  channel: SyntaxNode,
  place: Place,
  expressions: Expressions,
  depth = 0,
): boolean | undefined {
  const node = stripped(channel);
  if (isContextDone(node, place)) return false;
  if (node.type === "call_expression") {
    const callee = childIn(node, "function");
    if (callee?.type !== "selector_expression") return undefined;
    const from = expressions.types.importedBy(childIn(callee, "operand")!, place);
    if (from !== undefined) return from === "time";
    return shortText(place.file, callee).endsWith(".After") ? true : undefined;
  }
  if (node.type === "selector_expression" && textOf(place.file, childIn(node, "field")!) === "C") {
    const operand = childIn(node, "operand")!;
    const type = expressions.types.of(operand, place);
    const named = type && expressions.types.named(type);
    if (named !== undefined) return timerTypes.has(named.name);
    return isTimeCall(operand, place, expressions) ?? undefined;
  }
  const identity = expressions.identify(node, place);
  const value = identity.binding?.value;
  if (value !== undefined && depth < 4) return isTimer(value, place, expressions, depth + 1);
  const element = identity.type && expressions.types.underlying(identity.type);
  if (element?.node.type !== "channel_type") return undefined;
  const carried = childIn(element.node, "value");
  // Only a channel of time.Time can be a timer's own.
  return carried === undefined ||
    textOf(element.file, carried) === "Time" ||
    textOf(element.file, carried) === "time.Time"
    ? undefined
    : false;
}

/** `t := time.NewTimer(d)`: results of package time's functions, whose source is not opened. */
function isTimeCall(operand: SyntaxNode, place: Place, expressions: Expressions): boolean | undefined {
  const identity = expressions.identify(operand, place);
  const value = identity.binding?.value;
  const callee = value?.type === "call_expression" ? childIn(value, "function") : undefined;
  if (callee?.type !== "selector_expression") return undefined;
  return expressions.types.importedBy(childIn(callee, "operand")!, place) === "time" ? true : undefined;
}
