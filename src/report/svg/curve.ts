/** A point of a picture, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * SVG path of a curve through all points that never swings beyond them: a monotone cubic (Fritsch and Carlson, with
 * Steffen's slopes) along the axis on which the points follow each other.
 */
export function curve(points: readonly Point[], axis: "x" | "y"): string {
  const across = axis === "x" ? "y" : "x";
  const at = points.map((point) => ({ t: point[axis], v: point[across] }));
  const slopes = at.map((_, i) => slopeAt(at, i));
  const point = (t: number, v: number) => (axis === "x" ? `${px(t)} ${px(v)}` : `${px(v)} ${px(t)}`);
  let path = `M${point(at[0]!.t, at[0]!.v)}`;
  for (let i = 0; i + 1 < at.length; i++) {
    const [a, b] = [at[i]!, at[i + 1]!];
    const third = (b.t - a.t) / 3;
    path += `C${point(a.t + third, a.v + third * slopes[i]!)} ${point(b.t - third, b.v - third * slopes[i + 1]!)} ${point(b.t, b.v)}`;
  }
  return path;
}

interface Sample {
  readonly t: number;
  readonly v: number;
}

/** Slope of the curve at a point: none at a turn, never steeper than keeps it between its neighbours. */
function slopeAt(at: readonly Sample[], i: number): number {
  const before = i > 0 ? secant(at[i - 1]!, at[i]!) : undefined;
  const after = i + 1 < at.length ? secant(at[i]!, at[i + 1]!) : undefined;
  if (before === undefined || after === undefined) return before ?? after ?? 0;
  if (before * after <= 0) return 0;
  const [h0, h1] = [at[i]!.t - at[i - 1]!.t, at[i + 1]!.t - at[i]!.t];
  const mean = (before * h1 + after * h0) / (h0 + h1);
  const least = Math.min(Math.abs(before), Math.abs(after), Math.abs(mean) / 2);
  return Math.sign(before) * 2 * least;
}

function secant(a: Sample, b: Sample): number {
  return a.t === b.t ? 0 : (b.v - a.v) / (b.t - a.t);
}

/** A length as SVG writes it: a tenth of a pixel is enough. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
