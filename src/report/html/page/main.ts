import { count, plural } from "../../describe.ts";
import type { PageData } from "../page-data.ts";
import { percent } from "../percent.ts";
import { element, find } from "./dom.ts";
import { Flame } from "./flame.ts";
import { Goroutines, type Selection } from "./goroutines.ts";
import { Histogram } from "./histogram.ts";

/** Search, flame graph and table of the goroutines; they share one selection. */
function startGoroutines(goroutines: Goroutines): void {
  const selection: Selection = { dump: goroutines.dumps.length - 1, words: [], hidden: new Set(), zoom: [] };
  const zoomOut = find<HTMLButtonElement>("#zoom-out");
  const status = find<HTMLElement>("#matches");
  const flame = new Flame(goroutines, (zoom) => {
    selection.zoom = zoom;
    draw();
  });
  const histogram = new Histogram(goroutines);
  const chips = [...document.querySelectorAll<HTMLInputElement>(".kinds input")];

  function draw(): void {
    const dump = goroutines.dump(selection.dump);
    const shown = dump.stacks.filter(
      (stack) =>
        !selection.hidden.has(stack.group) &&
        goroutines.matches(stack, selection.words) &&
        goroutines.isUnder(stack, selection.zoom),
    );
    const sum = shown.reduce((total, stack) => total + stack.count, 0);
    const all = dump.stacks.reduce((total, stack) => total + stack.count, dump.unlisted);
    status.textContent = `${plural(shown.length, "stack")}, ${plural(sum, "goroutine")}${sum < all ? ` (${percent(sum, all)})` : ""}`;
    zoomOut.hidden = selection.zoom.length === 0;
    flame.draw(selection);
    histogram.show(shown);
  }

  function countChips(): void {
    const sums = new Map<number, number>();
    for (const stack of goroutines.dump(selection.dump).stacks)
      sums.set(stack.group, (sums.get(stack.group) ?? 0) + stack.count);
    for (const chip of chips) {
      const sum = sums.get(Number(chip.value)) ?? 0;
      const label = chip.parentElement!;
      label.hidden = sum === 0;
      label.querySelector("b")!.textContent = count(sum);
    }
  }

  document.querySelector<HTMLSelectElement>("#dump")?.addEventListener("change", (event) => {
    selection.dump = Number((event.target as HTMLSelectElement).value);
    selection.zoom = [];
    countChips();
    draw();
  });
  const query = find<HTMLInputElement>("#query");
  query.addEventListener("input", () => {
    selection.words = query.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    draw();
  });
  for (const chip of chips) {
    chip.addEventListener("change", () => {
      selection.hidden = new Set(chips.filter((c) => !c.checked).map((c) => Number(c.value)));
      draw();
    });
  }
  zoomOut.addEventListener("click", () => {
    selection.zoom = [];
    draw();
    query.focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing =
      event.target instanceof Element && event.target.closest("input, select, textarea") !== null;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    query.focus();
  });
  countChips();
  draw();
  redrawOnResize(find(".flame"), () => flame.draw(selection));
}

/** How many boxes fit depends on the width. */
function redrawOnResize(box: HTMLElement, draw: () => void): void {
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    requestAnimationFrame(draw);
  }).observe(box);
}

function startCopyButtons(): void {
  if (navigator.clipboard === undefined) return;
  for (const command of document.querySelectorAll<HTMLElement>(".command")) {
    const button = element("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code")?.textContent ?? "");
      button.textContent = "Copied";
    });
    command.append(button);
  }
}

function startOpenAll(): void {
  const button = document.querySelector<HTMLButtonElement>("#open-all");
  const findings = [...document.querySelectorAll<HTMLDetailsElement>("#findings > .finding > details")];
  button?.addEventListener("click", () => {
    const open = findings.some((finding) => !finding.open);
    for (const finding of findings) finding.open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
}

/** A link to a finding opens it. */
function openLinked(): void {
  const linked = document.getElementById(location.hash.slice(1));
  const details = linked?.matches(".finding") ? linked.querySelector("details") : undefined;
  if (details) details.open = true;
}

addEventListener("hashchange", openLinked);
openLinked();
for (const hidden of document.querySelectorAll<HTMLElement>(".needs-script")) hidden.hidden = false;
startCopyButtons();
startOpenAll();
if (document.querySelector("#goroutines") !== null) {
  startGoroutines(new Goroutines(JSON.parse(find("#data").textContent ?? "") as PageData));
}
performance.mark("deadlock-lint-ready");
