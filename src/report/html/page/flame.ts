import { shortFunction } from "../../../model/symbol.ts";
import { count, plural } from "../../describe.ts";
import { percent } from "../percent.ts";
import { waitGroups } from "../wait-group.ts";
import { element, find } from "./dom.ts";
import type { Goroutines, Selection } from "./goroutines.ts";
import { buildTree, descend, pathOf, sortedChildren, type TreeNode } from "./tree.ts";

const rowHeight = 24;
/** Narrower boxes of a row, in pixels, are drawn as one. */
const narrowest = 3;
/** Narrower boxes have no text: a letter or two say nothing. */
const narrowestText = 34;

/** Where a box stands: shares of the picture's width, and its row. */
interface Place {
  readonly left: number;
  readonly width: number;
  readonly row: number;
}

/**
 * The flame graph, hung from the entry functions (an icicle). Own code: the libraries draw to canvas or SVG without
 * keyboard and screen reader; here each box is a tree item.
 */
export class Flame {
  readonly #goroutines: Goroutines;
  readonly #box = find<HTMLElement>(".flame");
  readonly #detail = find<HTMLElement>(".flame-detail");
  readonly #zoom: (functions: readonly number[]) => void;
  /** Nodes and neighbours of what is drawn, for the keyboard. */
  #nodes = new Map<HTMLElement, TreeNode>();
  #elements = new Map<TreeNode, HTMLElement>();
  #words: readonly string[] = [];
  #all = 0;
  #zoomed: TreeNode | undefined;

  constructor(goroutines: Goroutines, zoom: (functions: readonly number[]) => void) {
    this.#goroutines = goroutines;
    this.#zoom = zoom;
    this.#box.addEventListener("click", (event) => {
      const node = this.#nodeAt(event.target);
      if (node !== undefined) this.#zoomTo(node);
    });
    this.#box.addEventListener("mouseover", (event) => this.#explain(this.#nodeAt(event.target)));
    this.#box.addEventListener("focusin", (event) => this.#explain(this.#nodeAt(event.target)));
    this.#box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Draws the selected stacks; the focus stays in the picture when it was there. */
  draw(selection: Selection): void {
    const dump = this.#goroutines.dump(selection.dump);
    const stacks = dump.stacks.filter((stack) => !selection.hidden.has(stack.group));
    const unlisted = selection.hidden.size > 0 ? 0 : dump.unlisted;
    const root = buildTree(this.#goroutines, stacks, selection.words);
    const focused = this.#box.contains(document.activeElement);
    this.#words = selection.words;
    this.#all = root.count + unlisted;
    this.#nodes = new Map();
    this.#elements = new Map();
    const zoomed = descend(root, selection.zoom);
    this.#zoomed = zoomed;
    this.#box.replaceChildren(...this.#drawTree(zoomed, unlisted));
    const current = this.#elements.get(zoomed);
    current?.setAttribute("tabindex", "0");
    this.#explain(zoomed);
    if (focused) current?.focus({ preventScroll: true });
  }

  #drawTree(zoomed: TreeNode, unlisted: number): HTMLElement[] {
    const drawn: HTMLElement[] = [];
    for (let node = zoomed.parent; node !== undefined; node = node.parent) {
      drawn.unshift(this.#draw(node, { left: 0, width: 1, row: node.depth }, "above"));
    }
    const whole = zoomed.parent === undefined ? this.#all : zoomed.count;
    drawn.push(this.#draw(zoomed, { left: 0, width: 1, row: zoomed.depth }, ""));
    const least = narrowest / Math.max(1, this.#box.clientWidth);
    let rows = zoomed.depth + 1;
    const waiting: { node: TreeNode; left: number }[] = [{ node: zoomed, left: 0 }];
    // Breadth first, so that the reading order goes row by row; the list grows while it is walked.
    for (const { node, left } of waiting) {
      let at = left;
      const row = node.depth + 1;
      const children = sortedChildren(node);
      for (const [index, child] of children.entries()) {
        const width = child.count / whole;
        if (width < least) {
          const rest = children.slice(index);
          const goroutines = rest.reduce((sum, next) => sum + next.count, 0);
          const text = `${plural(rest.length, "narrower function")}, ${plural(goroutines, "goroutine")}`;
          drawn.push(filler({ left: at, width: goroutines / whole, row }, text));
          break;
        }
        drawn.push(this.#draw(child, { left: at, width, row }, ""));
        waiting.push({ node: child, left: at });
        rows = Math.max(rows, row + 1);
        at += width;
      }
      if (node.parent === undefined && unlisted > 0) {
        const text = `${plural(unlisted, "goroutine")} with rare stacks, not listed`;
        drawn.push(filler({ left: 1 - unlisted / whole, width: unlisted / whole, row }, text));
      }
    }
    this.#box.style.height = `${rows * rowHeight}px`;
    return drawn;
  }

  #draw(node: TreeNode, place: Place, extra: string): HTMLElement {
    const name = this.#name(node);
    const hit = this.#isHit(name);
    const classes = [
      "box",
      extra,
      kindClass(node),
      hit ? "hit" : "",
      this.#words.length > 0 && node.found === 0 ? "dim" : "",
    ];
    const box = element(
      "div",
      {
        class: classes.filter((c) => c !== "").join(" "),
        role: "treeitem",
        tabindex: -1,
        "aria-level": node.depth + 1,
        "aria-label": this.#says(node),
        "aria-expanded": node.children.size === 0 ? undefined : "true",
        "aria-selected": "false",
      },
      place.width * this.#box.clientWidth < narrowestText ? "" : shortFunction(name),
    );
    put(box, place);
    if (node.groups.size > 1) box.style.backgroundImage = strip(node);
    this.#nodes.set(box, node);
    this.#elements.set(node, box);
    return box;
  }

  #isHit(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#words.some((word) => lower.includes(word));
  }

  #name(node: TreeNode): string {
    return node.parent === undefined ? "all goroutines" : this.#goroutines.text(node.fn);
  }

  #says(node: TreeNode): string {
    const kinds = [...node.groups].sort((a, b) => b[1] - a[1]);
    const of = kinds.map(([group, n]) =>
      kinds.length === 1 ? waitGroups[group]!.title : `${waitGroups[group]!.title} ${count(n)}`,
    );
    const goroutines = node.parent === undefined ? this.#all : node.count;
    return `${this.#name(node)}: ${plural(goroutines, "goroutine")}, ${percent(goroutines, this.#all)}; ${of.join(", ")}`;
  }

  #explain(node: TreeNode | undefined): void {
    if (node !== undefined) this.#detail.textContent = this.#says(node);
  }

  #nodeAt(target: EventTarget | null): TreeNode | undefined {
    return target instanceof HTMLElement ? this.#nodes.get(target) : undefined;
  }

  #zoomTo(node: TreeNode): void {
    this.#zoom(pathOf(node));
  }

  #key(event: KeyboardEvent): void {
    const node = this.#nodeAt(event.target);
    if (node === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.#zoomTo(node);
    else if (event.key === "Escape") this.#zoomTo(this.#zoomed?.parent ?? node);
    else {
      const next = this.#neighbour(node, event.key);
      if (next === undefined) return;
      this.#focus(next, event.target as HTMLElement);
    }
    event.preventDefault();
  }

  #neighbour(node: TreeNode, key: string): HTMLElement | undefined {
    if (key === "ArrowUp") return node.parent && this.#elements.get(node.parent);
    if (key === "ArrowDown")
      return sortedChildren(node)
        .map((child) => this.#elements.get(child))
        .find((box) => box !== undefined);
    const row = [...this.#nodes].filter(([, other]) => other.depth === node.depth).map(([box]) => box);
    const at = row.indexOf(this.#elements.get(node)!);
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: row.length - 1,
    };
    return Object.hasOwn(steps, key) ? row[steps[key]!] : undefined;
  }

  #focus(next: HTMLElement, from: HTMLElement): void {
    from.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}

function kindClass(node: TreeNode): string {
  if (node.groups.size !== 1) return "mixed";
  const [group] = node.groups.keys();
  return `k-${waitGroups[group!]!.id}`;
}

/** The shares of the wait groups as a strip along the box. */
function strip(node: TreeNode): string {
  let at = 0;
  const stops = [...node.groups]
    .sort((a, b) => b[1] - a[1])
    .map(([group, n]) => {
      const from = at;
      at += (n / node.count) * 100;
      return `var(--k-${waitGroups[group]!.id}) ${from.toFixed(2)}% ${at.toFixed(2)}%`;
    });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

function filler(place: Place, text: string): HTMLElement {
  const box = element("div", { class: "box filler", title: text, "aria-hidden": "true" });
  put(box, place);
  return box;
}

function put(box: HTMLElement, place: Place): void {
  box.style.left = `${(place.left * 100).toFixed(4)}%`;
  box.style.width = place.width === 1 ? "100%" : `${(place.width * 100).toFixed(4)}%`;
  box.style.top = `${place.row * rowHeight}px`;
}
