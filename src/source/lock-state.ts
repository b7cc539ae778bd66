import type { ExpressionIdentity, Expressions } from "./expression.ts";
import { textOf } from "./go-file.ts";
import { type Operation, operationsOf } from "./operations.ts";
import { childIn, type SyntaxNode, walk } from "./syntax.ts";
import type { Place } from "./types.ts";

/** A lock that a function has taken and not given back where the stack stands in it. */
export interface HeldLock {
  readonly target: ExpressionIdentity;
  readonly mode: "lock" | "rlock";
  /** Line of the Lock. */
  readonly line: number;
  /** Held on every path to here; else on some. */
  readonly certain: boolean;
  /** How it would be given back, had the function gone on. */
  readonly release: "deferred" | "later" | "never seen";
}

interface Held {
  readonly operation: Operation;
  readonly target: ExpressionIdentity;
  readonly line: number;
  certain: boolean;
}

type State = Map<string, Held>;

/** Identity of a lock inside one function: same expression, same variable. */
function holdId(target: ExpressionIdentity, kind: string): string {
  const mode = kind === "rlock" || kind === "runlock" ? "r" : "w";
  return `${mode} ${target.key} ${target.base?.binding?.node.from ?? ""} ${target.base?.path ?? ""}`;
}

/** The locks that `fn` holds when control is at `at`, a node in it. */
export function locksHeldAt(
  fn: SyntaxNode,
  at: SyntaxNode,
  place: Place,
  expressions: Expressions,
): readonly HeldLock[] {
  const operations = operationsOf(fn, place, expressions);
  const body = childIn(fn, "body");
  if (body === undefined) return [];
  const flow = new Flow(operations, place, expressions);
  const state: State = new Map();
  flow.descend(body, at, state);
  return [...state.values()].map((held) => ({
    target: held.target,
    mode: held.operation.kind === "rlock" ? "rlock" : "lock",
    line: held.line,
    certain: held.certain,
    release: releaseOf(held, operations, at),
  }));
}

function releaseOf(held: Held, operations: readonly Operation[], at: SyntaxNode): HeldLock["release"] {
  const kind = held.operation.kind === "rlock" ? "runlock" : "unlock";
  const unlocks = operations.filter((o) => o.kind === kind && o.target.key === held.target.key);
  if (unlocks.some((o) => o.deferred && o.node.from < at.from)) return "deferred";
  return unlocks.some((o) => !o.deferred && o.node.from > at.from) ? "later" : "never seen";
}

const caseTypes: ReadonlySet<string> = new Set([
  "expression_case",
  "type_case",
  "communication_case",
  "default_case",
]);

const exits: ReadonlySet<string> = new Set([
  "return_statement",
  "break_statement",
  "continue_statement",
  "goto_statement",
]);

class Flow {
  readonly #operations: readonly Operation[];
  readonly #place: Place;
  readonly #expressions: Expressions;

  constructor(operations: readonly Operation[], place: Place, expressions: Expressions) {
    this.#operations = operations.filter((o) => !o.deferred && o.kind.endsWith("lock"));
    this.#place = place;
    this.#expressions = expressions;
  }

  /** Runs from the node's begin up to `at` inside of it. */
  descend(node: SyntaxNode, at: SyntaxNode, state: State): void {
    if (node === at) return;
    for (const child of node.children) {
      if (child.from <= at.from && at.to <= child.to) {
        this.descend(child, at, state);
        return;
      }
      if (child.from >= at.to) return;
      // Other branches of the statement that holds `at` did not run.
      if (!isBranch(node, child)) this.run(child, state);
    }
  }

  /** Runs all of a statement. @returns false when control does not go on behind it */
  run(node: SyntaxNode, state: State): boolean {
    switch (node.type) {
      case "block":
      case "statement_list":
      case "labeled_statement":
        for (const child of node.children) if (!this.run(child, state)) return false;
        return true;
      case "if_statement":
        return this.#if(node, state);
      case "for_statement":
        return this.#loop(node, state);
      case "expression_switch_statement":
      case "type_switch_statement":
      case "select_statement":
        return this.#cases(node, state);
      case "func_literal":
        return true;
      default:
        return this.#simple(node, state);
    }
  }

  #simple(node: SyntaxNode, state: State): boolean {
    for (const operation of this.#operations) {
      if (operation.node.from >= node.from && operation.node.to <= node.to) this.#effect(operation, state);
    }
    if (node.type === "expression_statement") this.#helpers(node, state);
    return !exits.has(node.type) && !isPanic(node, this.#place);
  }

  /** `m.lock()`: what a method of the same package locks and leaves locked. */
  #helpers(node: SyntaxNode, state: State): void {
    const call = node.children[0];
    const callee = childIn(call, "function");
    if (call?.type !== "call_expression" || callee === undefined) return;
    if (this.#operations.some((o) => o.node === call)) return;
    const found = this.#expressions.types.callee(call, this.#place);
    if (found === undefined || found.pkg.path !== this.#place.pkg.path) return;
    const place = { file: found.fn.file, pkg: found.pkg };
    const operations = operationsOf(found.fn.node, place, this.#expressions);
    if (operations.some((o) => o.deferred || !o.kind.endsWith("lock") || o.target.kind !== "field")) return;
    for (const operation of operations) {
      const operand = childIn(callee, "operand");
      const base = operand && this.#expressions.identify(operand, this.#place).base;
      const path = operation.target.base?.path ?? "";
      const target = {
        ...operation.target,
        base: base && { ...base, path: base.path ? `${base.path}.${path}` : path },
      };
      this.#effect({ ...operation, target }, state, node.line);
    }
  }

  #effect(operation: Operation, state: State, line = operation.line): void {
    const { target, kind } = operation;
    const id = holdId(target, kind);
    if (kind === "lock" || kind === "rlock") {
      if (target.key !== "") state.set(id, { operation, target, line, certain: true });
    } else if (target.key === "") {
      for (const held of state.values()) held.certain = false;
    } else state.delete(id);
  }

  #if(node: SyntaxNode, state: State): boolean {
    for (const child of node.children) if (!isBranch(node, child)) this.run(child, state);
    const branches = node.children.filter((c) => isBranch(node, c));
    return this.#merge(branches, state, childIn(node, "alternative") === undefined);
  }

  #loop(node: SyntaxNode, state: State): boolean {
    const body = childIn(node, "body");
    this.#merge(body === undefined ? [] : [body], state, true);
    return true;
  }

  #cases(node: SyntaxNode, state: State): boolean {
    for (const child of node.children) if (!caseTypes.has(child.type)) this.run(child, state);
    const branches = node.children.filter((c) => caseTypes.has(c.type));
    const whole = node.type === "select_statement" || branches.some((c) => c.type === "default_case");
    return this.#merge(branches, state, !whole);
  }

  /** Joins what the branches leave; `skippable`: none of them may run. */
  #merge(branches: readonly SyntaxNode[], state: State, skippable: boolean): boolean {
    const ends: State[] = skippable ? [copyOf(state)] : [];
    for (const branch of branches) {
      const end = copyOf(state);
      const parts = caseTypes.has(branch.type) ? branch.children : [branch];
      if (parts.every((part) => this.run(part, end))) ends.push(end);
    }
    state.clear();
    for (const end of ends) for (const [id, held] of end) if (!state.has(id)) state.set(id, { ...held });
    for (const [id, held] of state)
      if (!ends.every((end) => end.get(id)?.certain === true)) held.certain = false;
    return ends.length > 0;
  }
}

function copyOf(state: State): State {
  return new Map([...state].map(([id, held]) => [id, { ...held }]));
}

/** Parts of a statement that run only on some paths. */
function isBranch(node: SyntaxNode, child: SyntaxNode): boolean {
  if (caseTypes.has(child.type)) return true;
  return (
    child.field === "consequence" ||
    child.field === "alternative" ||
    (node.type === "for_statement" && child.field === "body")
  );
}

const endings: ReadonlySet<string> = new Set([
  "panic",
  "Fatal",
  "Fatalf",
  "Fatalln",
  "Exit",
  "Goexit",
  "FailNow",
]);

function isPanic(node: SyntaxNode, place: Place): boolean {
  if (node.type !== "expression_statement") return false;
  const callee = childIn(node.children[0], "function");
  if (callee === undefined) return false;
  return endings.has(textOf(place.file, childIn(callee, "field") ?? callee));
}

/** Whether a `return` lies between two places of a function, literals left out. */
export function returnBetween(fn: SyntaxNode, from: number, to: number): SyntaxNode | undefined {
  let found: SyntaxNode | undefined;
  const body = childIn(fn, "body");
  if (body === undefined) return undefined;
  walk(body, (node) => {
    if (node.type === "func_literal" || found !== undefined) return false;
    if (node.type === "return_statement" && node.from > from && node.to < to) found = node;
    return undefined;
  });
  return found;
}
