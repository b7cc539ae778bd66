import { addTo } from "../add-to.ts";
import { type GoFile, textOf } from "./go-file.ts";
import { childIn, childrenIn, listed, type SyntaxNode, stripped, walk } from "./syntax.ts";

/** A variable declared inside a function: what a name there stands for. */
export interface Binding {
  readonly name: string;
  readonly kind: "local" | "parameter" | "receiver" | "result";
  /** The declaring identifier; identity of the binding. */
  readonly node: SyntaxNode;
  /** The function or literal that declares it. */
  readonly functionNode: SyntaxNode;
  readonly type: SyntaxNode | undefined;
  /** The expression that it is initialised from. */
  readonly value: SyntaxNode | undefined;
  /** Which result of `value`, when that is one call for several names. */
  readonly result: number;
  /** Initialised by ranging over `value`: its key (or the received element) or its value. */
  readonly ranged: "" | "key" | "value";
  /** Position among the parameters; -1 for all else. */
  readonly position: number;
}

const functionTypes: ReadonlySet<string> = new Set([
  "func_literal",
  "function_declaration",
  "method_declaration",
]);

const declarationsOf = new WeakMap<
  SyntaxNode,
  ReadonlyMap<string, readonly { at: number; binding: Binding }[]>
>();

/** True for nodes that are functions or literals. */
export function isFunctionNode(node: SyntaxNode): boolean {
  return functionTypes.has(node.type);
}

/** The function or literal around a node; undefined at top level. */
export function functionNodeOf(node: SyntaxNode): SyntaxNode | undefined {
  let at = node.parent;
  while (at !== undefined && !functionTypes.has(at.type)) at = at.parent;
  return at;
}

/** What the name means at `use`; undefined when no function around declares it (a package-level name, then). */
export function lookup(file: GoFile, use: SyntaxNode, name: string): Binding | undefined {
  let at = use;
  for (let scope = use.parent; scope !== undefined; at = scope, scope = scope.parent) {
    const found = declaredIn(file, scope, at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The last declaration of the name in `scope` before its child `at`. */
function declaredIn(file: GoFile, scope: SyntaxNode, at: SyntaxNode, name: string): Binding | undefined {
  let names = declarationsOf.get(scope);
  if (names === undefined) {
    names = collect(file, scope);
    declarationsOf.set(scope, names);
  }
  const declarations = names.get(name);
  if (declarations === undefined) return undefined;
  for (let i = declarations.length - 1; i >= 0; i--) {
    if (declarations[i]!.at < at.from) return declarations[i]!.binding;
  }
  return undefined;
}

function collect(
  file: GoFile,
  scope: SyntaxNode,
): ReadonlyMap<string, readonly { at: number; binding: Binding }[]> {
  const names = new Map<string, { at: number; binding: Binding }[]>();
  const functionNode = isFunctionNode(scope) ? scope : functionNodeOf(scope);
  if (functionNode === undefined) return names;
  const add = (identifier: SyntaxNode, from: Partial<Binding>, visibleFrom: number) => {
    const name = textOf(file, identifier);
    if (name === "_") return;
    const binding: Binding = {
      name,
      kind: "local",
      node: identifier,
      functionNode,
      type: undefined,
      value: undefined,
      result: 0,
      ranged: "",
      position: -1,
      ...from,
    };
    const entry = { at: visibleFrom, binding };
    addTo(names, name, entry);
  };
  if (isFunctionNode(scope)) addParameters(scope, add);
  else for (const child of scope.children) addDeclarations(file, child, add);
  return names;
}

type Add = (identifier: SyntaxNode, from: Partial<Binding>, visibleFrom: number) => void;

function addParameters(fn: SyntaxNode, add: Add): void {
  for (const [field, kind] of [
    ["receiver", "receiver"],
    ["parameters", "parameter"],
    ["result", "result"],
  ] as const) {
    let position = 0;
    for (const declaration of childIn(fn, field)?.children ?? []) {
      const type = childIn(declaration, "type");
      for (const name of childrenIn(declaration, "name"))
        add(name, { kind, type, position: kind === "parameter" ? position++ : -1 }, fn.from - 1);
      if (childIn(declaration, "name") === undefined) position++;
    }
  }
}

function addDeclarations(file: GoFile, node: SyntaxNode, add: Add): void {
  switch (node.type) {
    case "short_var_declaration":
      addPairs(childIn(node, "left"), childIn(node, "right"), node.to - 1, add);
      break;
    case "var_declaration":
      walk(node, (n) => {
        if (n.type === "var_spec") addSpec(n, add);
        return n.type !== "func_literal";
      });
      break;
    case "for_clause":
      // A for statement's clause declares for its body, an initializer for what follows it.
      for (const child of node.children) if (child.field === "initializer") addDeclarations(file, child, add);
      break;
    case "range_clause":
      addRange(file, node, add);
      break;
    case "receive_statement":
      addReceive(file, node, add);
      break;
    default:
      if (node.field === "alias") for (const name of listed(node)) add(name, {}, node.to - 1);
  }
}

function addReceive(file: GoFile, node: SyntaxNode, add: Add): void {
  const right = childIn(node, "right");
  if (right !== undefined && file.text.slice(node.from, right.from).includes(":="))
    addPairs(childIn(node, "left"), right, node.to - 1, add);
}

function addSpec(spec: SyntaxNode, add: Add): void {
  const values = listed(childIn(spec, "value"));
  const names = childrenIn(spec, "name");
  const type = childIn(spec, "type");
  names.forEach((name, i) => {
    const single = values.length === 1 && names.length > 1;
    add(name, { type, value: single ? values[0] : values[i], result: single ? i : 0 }, spec.to - 1);
  });
}

function addPairs(
  left: SyntaxNode | undefined,
  right: SyntaxNode | undefined,
  visibleFrom: number,
  add: Add,
): void {
  const names = listed(left);
  const values = listed(right);
  names.forEach((name, i) => {
    if (name.type !== "identifier") return;
    const single = values.length === 1 && names.length > 1;
    add(name, { value: single ? values[0] : values[i], result: single ? i : 0 }, visibleFrom);
  });
}

function addRange(file: GoFile, clause: SyntaxNode, add: Add): void {
  const right = childIn(clause, "right");
  const left = childIn(clause, "left");
  if (right === undefined || left === undefined) return;
  if (!file.text.slice(left.to, right.from).includes(":=")) return;
  listed(left).forEach((name, i) => {
    if (name.type === "identifier")
      add(name, { value: right, ranged: i === 0 ? "key" : "value" }, clause.to - 1);
  });
}

/** Later values of a variable, and whether all are visible (its address does not escape). */
export interface Assignments {
  readonly values: readonly SyntaxNode[];
  readonly complete: boolean;
}

const assignmentsOf = new WeakMap<SyntaxNode, Assignments>();

/** What is assigned to a variable after its declaration, closures of the function included. */
export function assignmentsTo(file: GoFile, binding: Binding): Assignments {
  let found = assignmentsOf.get(binding.node);
  if (found === undefined) {
    found = findAssignments(file, binding);
    assignmentsOf.set(binding.node, found);
  }
  return found;
}

function findAssignments(file: GoFile, binding: Binding): Assignments {
  const values: SyntaxNode[] = [];
  let complete = true;
  const isIt = (node: SyntaxNode) =>
    node.type === "identifier" &&
    node.to - node.from === binding.name.length &&
    textOf(file, node) === binding.name &&
    node !== binding.node &&
    lookup(file, node, binding.name)?.node === binding.node;
  walk(binding.functionNode, (node) => {
    if (node.type === "assignment_statement" || node.type === "short_var_declaration") {
      const right = listed(childIn(node, "right"));
      listed(childIn(node, "left")).forEach((target, i, all) => {
        if (!isIt(target)) return;
        const value = right.length === all.length ? right[i] : undefined;
        if (value === undefined) complete = false;
        else values.push(value);
      });
    } else if (node.type === "range_clause" || node.type === "receive_statement") {
      if (listed(childIn(node, "left")).some(isIt)) complete = false;
    } else if (node.type === "unary_expression" && childIn(node, "operator")?.type === "&") {
      const operand = childIn(node, "operand");
      if (operand !== undefined && isIt(stripped(operand))) complete = false;
    }
    return undefined;
  });
  return { values, complete };
}
