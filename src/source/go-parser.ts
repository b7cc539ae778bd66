import type { Parser, TreeCursor } from "web-tree-sitter";
import { packageRoot } from "../package-root.ts";
import type { SyntaxNode } from "./syntax.ts";

/** A parsed file, or why it can't be used. */
export type ParseResult =
  | { readonly root: SyntaxNode; readonly error?: undefined }
  | { readonly root?: undefined; readonly error: string };

/** Turns Go text into a tree; synchronous once loaded. */
export type GoParser = (text: string) => ParseResult;

/** Trees deeper than this are refused, so that everything that walks them may recurse. */
const depthLimit = 400;

let loading: Promise<GoParser> | undefined;

/**
 * Loads tree-sitter and its Go grammar (WebAssembly, nothing to compile), once a process.
 * The grammar comes with the package, see grammars/tree-sitter-go/README.md.
 */
export function loadGoParser(): Promise<GoParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<GoParser> {
  const { Parser, Language } = await import("web-tree-sitter");
  const { readFile } = await import("node:fs/promises");
  await Parser.init();
  const grammar = await readFile(new URL("grammars/tree-sitter-go/tree-sitter-go.wasm", packageRoot));
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  let failed = false;
  return (text) => {
    if (failed) return { error: "was not parsed: the parser failed before" };
    try {
      return parse(parser, text);
    } catch {
      // A trap in WebAssembly leaves its memory in an unknown state.
      failed = true;
      return { error: "made the parser fail" };
    }
  };
}

function parse(parser: Parser, text: string): ParseResult {
  const tree = parser.parse(text);
  if (tree === null) return { error: "the parser gave up" };
  // Cursors are freed before their tree: left to the garbage collector, they would free memory of a dead tree.
  const cursor = tree.walk();
  try {
    if (!tree.rootNode.hasError) return copyTree(cursor);
    return { error: `does not parse as Go (line ${firstError(cursor)})` };
  } finally {
    cursor.delete();
    tree.delete();
  }
}

/** 1-based line of the first error node. */
function firstError(cursor: TreeCursor): number {
  for (;;) {
    const node = cursor.currentNode;
    if (node.isError || node.isMissing) return node.startPosition.row + 1;
    if (node.hasError && cursor.gotoFirstChild()) continue;
    while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return 1;
  }
}

interface Draft {
  readonly type: string;
  readonly field: string;
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly endLine: number;
  readonly parent: Draft | undefined;
  readonly children: Draft[];
}

/** Copies named and field nodes into plain objects: reading them through WebAssembly each time is slow. */
function copyTree(cursor: TreeCursor): ParseResult {
  const root = draftOf(cursor, undefined);
  let parent = root;
  let depth = 0;
  let down = cursor.gotoFirstChild();
  if (!down) return { root };
  for (;;) {
    if (down && (cursor.nodeIsNamed || cursor.currentFieldName !== null)) {
      const node = draftOf(cursor, parent);
      parent.children.push(node);
      if (depth < depthLimit && cursor.gotoFirstChild()) {
        parent = node;
        depth++;
        continue;
      }
      if (depth >= depthLimit) return { error: `nested more than ${depthLimit} levels deep` };
    }
    down = cursor.gotoNextSibling();
    if (down) continue;
    if (!cursor.gotoParent() || parent.parent === undefined) return { root };
    parent = parent.parent;
    depth--;
  }
}

function draftOf(cursor: TreeCursor, parent: Draft | undefined): Draft {
  return {
    type: cursor.nodeType,
    field: cursor.currentFieldName ?? "",
    from: cursor.startIndex,
    to: cursor.endIndex,
    line: cursor.startPosition.row + 1,
    endLine: cursor.endPosition.row + 1,
    parent,
    children: [],
  };
}
