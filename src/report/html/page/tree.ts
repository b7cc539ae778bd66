import type { PageStack } from "../page-data.ts";
import type { Goroutines } from "./goroutines.ts";

/** A function, called by the functions above it, with the goroutines that are in it. */
export interface TreeNode {
  /** Index into the texts; -1 for the root. */
  readonly fn: number;
  readonly parent: TreeNode | undefined;
  /** 0 for the root. */
  readonly depth: number;
  count: number;
  /** Goroutines of stacks that the search found. */
  found: number;
  /** Goroutines by wait group. */
  readonly groups: Map<number, number>;
  readonly children: Map<number, TreeNode>;
}

/** Merges stacks into a tree, entry functions first. */
export function buildTree(
  goroutines: Goroutines,
  stacks: readonly PageStack[],
  words: readonly string[],
): TreeNode {
  const root = newNode(-1, undefined);
  for (const stack of stacks) {
    const found = goroutines.matches(stack, words) ? stack.count : 0;
    let node = root;
    add(node, stack, found);
    for (let i = stack.entry; i >= 0; i--) {
      node = childOf(node, goroutines.functionOf(stack.frames[i]!));
      add(node, stack, found);
    }
  }
  return root;
}

/** Follows functions down from the root, as far as they lead. */
export function descend(root: TreeNode, functions: readonly number[]): TreeNode {
  let node = root;
  for (const fn of functions) {
    const next = node.children.get(fn);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** The functions from the entry to this node. */
export function pathOf(node: TreeNode): number[] {
  const path: number[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) path.unshift(at.fn);
  return path;
}

/** Children, the most goroutines first. */
export function sortedChildren(node: TreeNode): TreeNode[] {
  return [...node.children.values()].sort((a, b) => b.count - a.count || a.fn - b.fn);
}

function newNode(fn: number, parent: TreeNode | undefined): TreeNode {
  const depth = parent === undefined ? 0 : parent.depth + 1;
  return { fn, parent, depth, count: 0, found: 0, groups: new Map(), children: new Map() };
}

function childOf(node: TreeNode, fn: number): TreeNode {
  const known = node.children.get(fn);
  if (known !== undefined) return known;
  const child = newNode(fn, node);
  node.children.set(fn, child);
  return child;
}

function add(node: TreeNode, stack: PageStack, found: number): void {
  node.count += stack.count;
  node.found += found;
  node.groups.set(stack.group, (node.groups.get(stack.group) ?? 0) + stack.count);
}
