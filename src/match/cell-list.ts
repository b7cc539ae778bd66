import { addTo } from "../add-to.ts";
import type { Cells } from "../model/cell-counts.ts";
import type { Kinds } from "../model/kinds.ts";
import type { Sample } from "./group.ts";
import { noLabels, type Waits } from "./rows.ts";

/** Kinds by what they answer to a condition; the same object where they do so alike. */
export interface Classes {
  /** For each kind a number that it shares with those that answer alike. */
  readonly ofKind: Uint32Array;
}

/** Of all goroutines of a group whose kinds are in one class: the first, how many they are, and how long they wait. */
export interface ClassSample extends Sample {
  readonly class: number;
  /** How many cells they are. */
  readonly cells: number;
  readonly minMinutes: number;
  readonly maxMinutes: number;
  /** Some have labels. */
  readonly labelled: boolean;
}

type Growing = { -readonly [K in keyof ClassSample]: ClassSample[K] };

/** Some cells of one stack, listed when somebody asks for more than samples of them. */
export class CellList {
  readonly #stackIndex: number;
  readonly #kinds: Kinds;
  readonly #list: () => Cells;
  #cells: Cells | undefined;
  /** Every rule asks the same few things. */
  readonly #samples = new Map<Classes, readonly ClassSample[]>();

  constructor(stackIndex: number, kinds: Kinds, list: () => Cells) {
    this.#stackIndex = stackIndex;
    this.#kinds = kinds;
    this.#list = list;
  }

  get cells(): Cells {
    this.#cells ??= this.#list();
    return this.#cells;
  }

  /** Cells by class, in the order in which those first occur. */
  samples(classes: Classes): readonly ClassSample[] {
    const known = this.#samples.get(classes);
    if (known !== undefined) return known;
    const { kinds, first, weights } = this.cells;
    const { minutes, labels } = this.#kinds;
    const { ofKind } = classes;
    const ofClass: Growing[] = [];
    const found: ClassSample[] = [];
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i]!;
      const alike = ofKind[kind]!;
      let sample = ofClass[alike];
      if (sample === undefined) {
        sample = {
          stackIndex: this.#stackIndex,
          first: first[i]!,
          weight: 0,
          class: alike,
          cells: 0,
          minMinutes: -1,
          maxMinutes: -1,
          labelled: false,
        };
        ofClass[alike] = sample;
        found.push(sample);
      }
      sample.cells++;
      sample.weight += weights[i]!;
      const waited = minutes[kind]!;
      if (waited >= 0 && (sample.minMinutes < 0 || waited < sample.minMinutes)) sample.minMinutes = waited;
      if (waited > sample.maxMinutes) sample.maxMinutes = waited;
      if (labels[kind] !== 0) sample.labelled = true;
    }
    this.#samples.set(classes, found);
    return found;
  }
}

/** How many goroutines they are. */
export function weightOf(samples: readonly Sample[]): number {
  let sum = 0;
  for (const { weight } of samples) sum += weight;
  return sum;
}

/** How long goroutines without labels wait. */
export function waitsOf(samples: readonly ClassSample[]): Waits {
  let minMinutes = -1;
  let maxMinutes = -1;
  for (const sample of samples) {
    if (sample.minMinutes >= 0 && (minMinutes < 0 || sample.minMinutes < minMinutes))
      minMinutes = sample.minMinutes;
    if (sample.maxMinutes > maxMinutes) maxMinutes = sample.maxMinutes;
  }
  return { minMinutes, maxMinutes, labels: noLabels };
}

/** Classes of cells that belong together, in the order in which those first occur. */
export function byKey(
  samples: readonly ClassSample[],
  keyOfAlike: (cell: Sample) => string,
): ReadonlyMap<string, readonly ClassSample[]> {
  const parts = new Map<string, ClassSample[]>();
  for (const sample of samples) addTo(parts, keyOfAlike(sample), sample);
  return parts;
}

/** The cells of each of some parts, all in one go: a rule may ask for as many as there are labels. */
export function listsOf(
  { kinds, first, weights }: Cells,
  { ofKind }: Classes,
  parts: readonly (readonly ClassSample[])[],
): Cells[] {
  const partOf: number[] = [];
  const lists = parts.map((samples, part) => {
    let count = 0;
    for (const sample of samples) {
      partOf[sample.class] = part;
      count += sample.cells;
    }
    return { kinds: new Uint32Array(count), first: new Uint32Array(count), weights: new Float64Array(count) };
  });
  const next = parts.map(() => 0);
  for (let cell = 0; cell < kinds.length; cell++) {
    const kind = kinds[cell]!;
    const part = partOf[ofKind[kind]!]!;
    const list = lists[part]!;
    const at = next[part]!++;
    list.kinds[at] = kind;
    list.first[at] = first[cell]!;
    list.weights[at] = weights[cell]!;
  }
  return lists;
}
