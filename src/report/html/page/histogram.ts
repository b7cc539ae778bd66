import { shortFunction } from "../../../model/symbol.ts";
import { count, plural } from "../../describe.ts";
import { describeLabels } from "../labels.ts";
import type { PageStack } from "../page-data.ts";
import { waitGroups } from "../wait-group.ts";
import { element, find } from "./dom.ts";
import type { Goroutines } from "./goroutines.ts";

const columns = ["count", "wait", "waited", "site", "entry", "creator", "labels"] as const;
type Column = (typeof columns)[number];
type Grouping = "stack" | Column;

/** Rows shown at first, and added each time. */
const page = 50;

interface Row {
  /** Goroutines: of all stacks, or of those with the labels of the row. */
  readonly count: number;
  /** Set when rows are grouped by labels. */
  readonly labels?: string;
  readonly stacks: readonly PageStack[];
}

/** The table of goroutines: grouped, sorted, and filtered by whoever calls `show`. */
export class Histogram {
  readonly #goroutines: Goroutines;
  readonly #table = find<HTMLTableElement>("#histogram");
  readonly #more = find<HTMLElement>("#histogram-more");
  #grouping: Grouping = "stack";
  #sort: { column: Column; down: boolean } = { column: "count", down: true };
  #stacks: readonly PageStack[] = [];
  #shown = page;

  constructor(goroutines: Goroutines) {
    this.#goroutines = goroutines;
    for (const th of this.#table.querySelectorAll("th")) {
      const button = element("button", { type: "button" }, th.textContent ?? "");
      button.addEventListener("click", () => this.#sortBy(th.dataset.column as Column));
      th.replaceChildren(button);
    }
    find<HTMLSelectElement>("#group").addEventListener("change", (event) => {
      this.#grouping = (event.target as HTMLSelectElement).value as Grouping;
      this.#draw();
    });
    this.#table.tBodies[0]!.addEventListener("click", (event) => this.#unfold(event.target));
  }

  /** Shows these stacks, from the top. */
  show(stacks: readonly PageStack[]): void {
    this.#stacks = stacks;
    this.#shown = page;
    const labelled = stacks.some((stack) => stack.labels !== undefined);
    this.#table.classList.toggle("no-labels", !labelled);
    this.#draw();
  }

  #sortBy(column: Column): void {
    const numeric = column === "count" || column === "waited";
    const down = this.#sort.column === column ? !this.#sort.down : numeric;
    this.#sort = { column, down };
    this.#draw();
  }

  #draw(): void {
    for (const th of this.#table.querySelectorAll("th")) {
      const sorted = th.dataset.column === this.#sort.column;
      if (sorted) th.setAttribute("aria-sort", this.#sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    const rows = this.#rows();
    const most = Math.max(1, ...rows.map((row) => row.count));
    this.#table.tBodies[0]!.replaceChildren(
      ...rows.slice(0, this.#shown).map((row) => this.#draw1(row, most)),
    );
    const rest = rows.length - this.#shown;
    this.#more.replaceChildren();
    if (rows.length === 0) this.#more.textContent = "Nothing matches.";
    if (rest > 0) {
      const button = element(
        "button",
        { type: "button" },
        `Show ${count(Math.min(rest, page * 10))} of ${plural(rest, "more row")}`,
      );
      button.addEventListener("click", () => {
        this.#shown += page * 10;
        this.#draw();
      });
      this.#more.append(button);
    }
  }

  #rows(): Row[] {
    const rows =
      this.#grouping === "stack"
        ? this.#stacks.map((stack) => ({ count: stack.count, stacks: [stack] }))
        : this.#grouped();
    const { column, down } = this.#sort;
    const sign = down ? -1 : 1;
    const keyed = rows.map((row) => ({ row, key: this.#sortKey(row, column) }));
    keyed.sort((a, b) => sign * compare(a.key, b.key) || b.row.count - a.row.count);
    return keyed.map(({ row }) => row);
  }

  /** A stack whose goroutines have several labels stands in several rows. */
  #byLabels(): Row[] {
    const groups = new Map<string, { count: number; stacks: PageStack[] }>();
    const add = (labels: string, held: number, stack: PageStack): void => {
      const group = groups.get(labels);
      if (group === undefined) groups.set(labels, { count: held, stacks: [stack] });
      else {
        group.count += held;
        group.stacks.push(stack);
      }
    };
    for (const stack of this.#stacks) {
      let rest = stack.count;
      for (const [text, held] of stack.labels ?? []) {
        add(text, held, stack);
        rest -= held;
      }
      if (rest > 0) add(stack.labels === undefined ? "" : "others", rest, stack);
    }
    return [...groups].map(([labels, group]) => ({ ...group, labels }));
  }

  #grouped(): Row[] {
    if (this.#grouping === "labels") return this.#byLabels();
    const groups = new Map<string, PageStack[]>();
    for (const stack of this.#stacks) {
      const key = this.#text(stack, this.#grouping as Column);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [stack]);
      else group.push(stack);
    }
    return [...groups.values()].map((stacks) => ({
      stacks,
      count: stacks.reduce((sum, stack) => sum + stack.count, 0),
    }));
  }

  #sortKey(row: Row, column: Column): string | number {
    if (column === "count") return row.count;
    if (column === "waited") return Math.max(...row.stacks.map((stack) => stack.waited?.[1] ?? -1));
    return this.#cell(row, column).text;
  }

  #text(stack: PageStack, column: Column): string {
    if (column === "wait") return stack.wait;
    if (column === "labels") return describeLabels(stack.labels ?? [], stack.count);
    if (column === "site" || column === "entry" || column === "creator")
      return this.#goroutines.functionName(this.#goroutines.frameOf(stack, column));
    return "";
  }

  /** The text that all stacks of a row have in common, or how many there are. */
  #cell(row: Row, column: Column): { text: string; common: boolean } {
    if (column === "labels" && row.labels !== undefined) return { text: row.labels, common: true };
    const texts = new Set(row.stacks.map((stack) => this.#text(stack, column)));
    const [first] = texts;
    return texts.size === 1
      ? { text: first ?? "", common: true }
      : { text: `${count(texts.size)} different`, common: false };
  }

  #draw1(row: Row, most: number): HTMLTableRowElement {
    const drawn = element("tr", {}, ...columns.map((column) => this.#drawCell(row, column)));
    drawn.cells[0]!.style.setProperty("--share", `${((row.count / most) * 100).toFixed(2)}%`);
    if (row.stacks.length === 1) stackOfRow.set(drawn, row.stacks[0]!);
    return drawn;
  }

  #drawCell(row: Row, column: Column): HTMLTableCellElement {
    if (column === "count") return element("td", { class: "num share" }, count(row.count));
    if (column === "waited") return element("td", { class: "num" }, waited(row.stacks));
    const { text, common } = this.#cell(row, column);
    if (!common) return element("td", { class: "muted" }, text);
    if (column === "wait") return this.#waitCell(row, text);
    if (column === "labels") return element("td", {}, text);
    const cell = element("td", {}, code(text));
    const place = this.#place(row.stacks[0]!, column);
    if (row.stacks.every((stack) => this.#place(stack, column) === place))
      cell.append(" ", element("span", { class: "place" }, place));
    if (column === "site" && row.stacks.length === 1) cell.prepend(unfoldButton(), " ");
    return cell;
  }

  #place(stack: PageStack, column: "site" | "entry" | "creator"): string {
    return this.#goroutines.place(this.#goroutines.frameOf(stack, column));
  }

  #waitCell(row: Row, text: string): HTMLTableCellElement {
    const group = waitGroups[row.stacks[0]!.group]!;
    return element("td", { class: "wait" }, element("span", { class: `key k-${group.id}` }), text);
  }

  /** Shows or removes the frames below a row. */
  #unfold(target: EventTarget | null): void {
    const button = target instanceof Element ? target.closest("button.unfold") : null;
    const row = button?.closest("tr");
    const stack = row && stackOfRow.get(row);
    if (!button || !row || !stack) return;
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) row.nextElementSibling?.remove();
    else row.after(this.#frames(stack));
  }

  #frames(stack: PageStack): HTMLTableRowElement {
    const frames = stack.frames.map((frame) => this.#frame(frame));
    if (stack.elided !== undefined)
      frames.push(element("li", { class: "muted" }, "frames are missing in the dump"));
    const list = element("ol", { class: "frames" }, ...frames);
    const cell = element("td", { colspan: columns.length }, list);
    if (stack.ids !== undefined) {
      const more = stack.count > stack.ids.length ? ", …" : "";
      cell.prepend(element("p", { class: "muted" }, `goroutines ${stack.ids.join(", ")}${more}`));
    }
    return element("tr", { class: "unfolded" }, cell);
  }

  #frame(frame: number): HTMLLIElement {
    const name = this.#goroutines.functionName(frame);
    const place = element("span", { class: "place" }, this.#goroutines.place(frame));
    return element("li", {}, code(name, name), " ", place);
  }
}

const stackOfRow = new WeakMap<Element, PageStack>();

function unfoldButton(): HTMLElement {
  return element("button", {
    type: "button",
    class: "unfold",
    "aria-expanded": "false",
    "aria-label": "Frames",
  });
}

/** A function name that may break after its dots and slashes. */
function code(name: string, shown = shortFunction(name)): HTMLElement {
  const made = element("code", { title: name });
  for (const piece of shown.split(/(?<=[/.])/)) made.append(piece, element("wbr"));
  return made;
}

function waited(stacks: readonly PageStack[]): string {
  const known = stacks.flatMap((stack) => (stack.waited === undefined ? [] : [stack.waited]));
  if (known.length === 0) return "";
  const least = Math.min(...known.map((range) => range[0]));
  const most = Math.max(...known.map((range) => range[1]));
  return least === most ? count(most) : `${count(least)}–${count(most)}`;
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
