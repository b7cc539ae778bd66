import type { Certainty, Confidence, Severity } from "./report.ts";

type Paint = (text: string) => string;

/** Colours by meaning; each leaves text as it is when colours are off. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly link: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  /** Frames that are part of the evidence. */
  readonly lit: Paint;
  readonly severity: Readonly<Record<Severity, Paint>>;
  readonly confidence: Readonly<Record<Confidence, Paint>>;
  readonly certainty: Readonly<Record<Certainty, Paint>>;
}

const plain: Paint = (text) => text;

/** The eight basic colours only: people choose themes in which these can be read. */
export function palette(color: boolean): Palette {
  const sgr =
    (on: number, off: number): Paint =>
    (text) =>
      color && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  const bold = sgr(1, 22);
  const dim = sgr(2, 22);
  const [red, green, yellow, blue, cyan] = [31, 32, 33, 34, 36].map((code) => sgr(code, 39)) as [
    Paint,
    Paint,
    Paint,
    Paint,
    Paint,
  ];
  const strong =
    (paint: Paint): Paint =>
    (text) =>
      bold(paint(text));
  return {
    bold,
    dim,
    link: cyan,
    good: strong(green),
    bad: strong(red),
    warn: strong(yellow),
    lit: strong(cyan),
    severity: { error: strong(red), warning: strong(yellow), info: strong(blue) },
    confidence: { high: bold, medium: plain, low: dim },
    certainty: { observed: green, inferred: cyan, unknown: yellow, "not ruled out": yellow },
  };
}
