/** A named node of a Go syntax tree, with the names of tree-sitter's Go grammar. */
export interface SyntaxNode {
  readonly type: string;
  /** Name of the field of the parent that holds it; "" for none. */
  readonly field: string;
  /** UTF-16 offsets into the file's text. */
  readonly from: number;
  readonly to: number;
  /** 1-based lines of the first and last character. */
  readonly line: number;
  readonly endLine: number;
  readonly parent: SyntaxNode | undefined;
  readonly children: readonly SyntaxNode[];
}

/** First child in the field; undefined when there is none. */
export function childIn(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  return node?.children.find((c) => c.field === field);
}

/** All children in the field. */
export function childrenIn(node: SyntaxNode | undefined, field: string): readonly SyntaxNode[] {
  return node === undefined ? [] : node.children.filter((c) => c.field === field);
}

/** The items of an `expression_list`, or the node itself; nothing for undefined. */
export function listed(node: SyntaxNode | undefined): readonly SyntaxNode[] {
  if (node === undefined) return [];
  return node.type === "expression_list" ? node.children.filter((c) => c.type !== "comment") : [node];
}

/** The node and all below it, in source order; `enter` returns false to leave out what is below a node. */
export function walk(node: SyntaxNode, enter: (node: SyntaxNode) => boolean | undefined): void {
  if (enter(node) === false) return;
  for (const child of node.children) walk(child, enter);
}

/** Nearest node around `node` (not itself) of one of the types. */
export function enclosing(node: SyntaxNode, types: ReadonlySet<string>): SyntaxNode | undefined {
  let at = node.parent;
  while (at !== undefined && !types.has(at.type)) at = at.parent;
  return at;
}

/** True when `line` lies on the node's lines. */
export function onLines(node: SyntaxNode, line: number): boolean {
  return node.line <= line && line <= node.endLine;
}

/** Removes what does not change which object an expression names: parentheses, `&x`, `*x`, conversions between channel types. */
export function stripped(node: SyntaxNode): SyntaxNode {
  let at = node;
  for (;;) {
    const inner = innerOf(at);
    if (inner === undefined) return at;
    at = inner;
  }
}

function innerOf(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type === "parenthesized_expression") return node.children.find((c) => c.type !== "comment");
  if (node.type === "unary_expression") {
    const operator = childIn(node, "operator")?.type;
    return operator === "&" || operator === "*" ? childIn(node, "operand") : undefined;
  }
  return undefined;
}
