import { childIn, childrenIn, type SyntaxNode, stripped, walk } from "./syntax.ts";

/** A function, method or function literal of a file. */
export interface GoFunction {
  readonly file: GoFile;
  readonly node: SyntaxNode;
  /** Declared name; "" for literals. */
  readonly name: string;
  /** Receiver's type without pointer and type arguments; "" for functions. */
  readonly receiver: string;
  readonly pointerReceiver: boolean;
  /** The function around a literal; undefined for declared functions and literals of package variables. */
  readonly outer: GoFunction | undefined;
}

export interface GoType {
  readonly file: GoFile;
  readonly name: string;
  /** The type on the right. */
  readonly node: SyntaxNode;
  readonly alias: boolean;
}

export interface GoVariable {
  readonly file: GoFile;
  readonly name: string;
  readonly type: SyntaxNode | undefined;
  readonly value: SyntaxNode | undefined;
  readonly line: number;
}

/** What a Go file declares at its top level, and all its functions. */
export interface GoFile {
  readonly path: string;
  readonly text: string;
  readonly packageName: string;
  readonly root: SyntaxNode;
  readonly imports: readonly { readonly name: string; readonly path: string }[];
  /** Declared functions and all literals, in source order. */
  readonly functions: readonly GoFunction[];
  readonly types: readonly GoType[];
  readonly variables: readonly GoVariable[];
}

/** The node's source text. */
export function textOf(file: GoFile, node: SyntaxNode): string {
  return file.text.slice(node.from, node.to);
}

/** Indexes a parsed file. */
export function indexFile(path: string, text: string, root: SyntaxNode): GoFile {
  const imports: { name: string; path: string }[] = [];
  const functions: GoFunction[] = [];
  const types: GoType[] = [];
  const variables: GoVariable[] = [];
  const slice = (node: SyntaxNode | undefined) => (node === undefined ? "" : text.slice(node.from, node.to));
  const clause = root.children.find((c) => c.type === "package_clause");
  const packageName = slice(clause?.children.find((c) => c.type === "package_identifier"));
  const file: GoFile = { path, text, packageName, root, imports, functions, types, variables };
  for (const node of root.children) {
    if (node.type === "import_declaration") walk(node, (n) => addImport(n, imports, slice));
    else if (node.type === "type_declaration")
      for (const spec of node.children) addType(file, spec, types, slice);
    else if (node.type === "var_declaration") walk(node, (n) => addVariables(file, n, variables, slice));
    if (node.type === "function_declaration" || node.type === "method_declaration")
      addFunction(functions, declared(file, node, slice));
    else addLiterals(functions, file, node, undefined);
  }
  return file;
}

function addImport(
  node: SyntaxNode,
  imports: { name: string; path: string }[],
  slice: (n: SyntaxNode | undefined) => string,
): boolean | undefined {
  if (node.type !== "import_spec") return undefined;
  imports.push({ name: slice(childIn(node, "name")), path: slice(childIn(node, "path")).slice(1, -1) });
  return false;
}

function addType(
  file: GoFile,
  spec: SyntaxNode,
  types: GoType[],
  slice: (n: SyntaxNode | undefined) => string,
): void {
  const node = childIn(spec, "type");
  if (node === undefined) return;
  types.push({ file, name: slice(childIn(spec, "name")), node, alias: spec.type === "type_alias" });
}

function addVariables(
  file: GoFile,
  node: SyntaxNode,
  variables: GoVariable[],
  slice: (n: SyntaxNode | undefined) => string,
): boolean | undefined {
  if (node.type === "func_literal") return false;
  if (node.type !== "var_spec") return undefined;
  const values = (childIn(node, "value")?.children ?? []).filter((c) => c.type !== "comment");
  childrenIn(node, "name").forEach((name, i) => {
    variables.push({
      file,
      name: slice(name),
      type: childIn(node, "type"),
      value: values[i],
      line: node.line,
    });
  });
  return undefined;
}

function declared(file: GoFile, node: SyntaxNode, slice: (n: SyntaxNode | undefined) => string): GoFunction {
  const type = receiverType(node);
  return {
    file,
    node,
    name: slice(childIn(node, "name")),
    receiver: slice(type === undefined ? undefined : baseType(type)),
    pointerReceiver: type?.type === "pointer_type",
    outer: undefined,
  };
}

function receiverType(node: SyntaxNode): SyntaxNode | undefined {
  const parameter = childIn(node, "receiver")?.children.find((c) => c.type === "parameter_declaration");
  return childIn(parameter, "type");
}

/** `*T[A]` → the node of `T`; other types are returned as they are. */
export function baseType(type: SyntaxNode): SyntaxNode {
  let at = stripped(type);
  for (;;) {
    const inner: SyntaxNode | undefined =
      at.type === "pointer_type" || at.type === "parenthesized_type"
        ? at.children.find((c) => c.type !== "comment")
        : at.type === "generic_type"
          ? childIn(at, "type")
          : undefined;
    if (inner === undefined) return at;
    at = inner;
  }
}

function addFunction(functions: GoFunction[], fn: GoFunction): void {
  functions.push(fn);
  for (const child of fn.node.children) addLiterals(functions, fn.file, child, fn);
}

function addLiterals(
  functions: GoFunction[],
  file: GoFile,
  node: SyntaxNode,
  outer: GoFunction | undefined,
): void {
  walk(node, (n) => {
    if (n.type !== "func_literal") return undefined;
    addFunction(functions, { file, node: n, name: "", receiver: "", pointerReceiver: false, outer });
    return false;
  });
}

/** The declared function around a literal, or the function itself. */
export function outermost(fn: GoFunction): GoFunction {
  let at = fn;
  while (at.outer !== undefined) at = at.outer;
  return at;
}

/** All functions and literals whose lines hold `line`, innermost last. */
export function functionsAt(file: GoFile, line: number): readonly GoFunction[] {
  return file.functions.filter((f) => f.node.line <= line && line <= f.node.endLine);
}

/** Go's name of a function without its package: `(*T).run`, `T.run`, `run`, with `.func` for literals. */
export function functionName(fn: GoFunction): string {
  const outer = outermost(fn);
  const literal = fn === outer && fn.name !== "" ? "" : ".func";
  if (outer.name === "") return `init${literal}`;
  if (outer.receiver === "") return `${outer.name}${literal}`;
  const type = outer.pointerReceiver ? `(*${outer.receiver})` : outer.receiver;
  return `${type}.${outer.name}${literal}`;
}
