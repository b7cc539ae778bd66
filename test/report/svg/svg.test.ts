import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReportGraph } from "../../../src/report/report.ts";
import { curve } from "../../../src/report/svg/curve.ts";
import { edgesOnCycles } from "../../../src/report/svg/cycle.ts";
import { layoutGraph } from "../../../src/report/svg/layout.ts";
import { drawGraph, findingPicture, findingsSvg, picturesSvg } from "../../../src/report/svg/picture.ts";
import { wrap } from "../../../src/report/svg/text.ts";
import { hostile, lockCycle, referenceStory } from "../html/samples.ts";

const kinds = ["role", "channel", "lock", "waitgroup", "cond", "resource"] as const;
const certainties = ["observed", "inferred", "unknown", "not ruled out"] as const;

/** Any graph, its names hostile or not, its edges leading anywhere. */
const graphs: fc.Arbitrary<ReportGraph> = fc
  .uniqueArray(fc.string({ unit: "grapheme", maxLength: 60 }), { maxLength: 9 })
  .chain((ids) =>
    fc.record({
      nodes: fc.tuple(
        ...ids.map((id) =>
          fc.record({ id: fc.constant(id), kind: fc.constantFrom(...kinds), label: fc.string() }),
        ),
      ),
      edges: fc.array(
        fc.record({
          from: fc.constantFrom("elsewhere", ...ids),
          to: fc.constantFrom("elsewhere", ...ids),
          label: fc.string({ unit: "binary" }),
          certainty: fc.constantFrom(...certainties),
        }),
        { maxLength: 14 },
      ),
    }),
  );

describe("a picture", () => {
  test("stands alone as well-formed XML with a legend of what it uses", () => {
    const svg = findingsSvg(referenceStory().findings);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    expect(svg).toContain(">observed: the dump says so</text>");
    expect(svg).toContain(">inferred: ");
    expect(svg).not.toContain(">unknown: ");
    expect(svg).toContain(">The consumer of `m.inChannel` is stuck sending to it</text>");
    expect(svg).not.toContain("HTTP handlers pile up");
  });

  test("is left out for a finding without a graph, and a file without pictures says so", () => {
    expect(findingPicture(referenceStory().findings[1]!)).toBeUndefined();
    expect(findingsSvg([])).toContain(">No picture to draw</text>");
  });

  test("marks the circle of a lock cycle", () => {
    expect(edgesOnCycles(lockCycle().findings[0]!.graph)).toEqual(new Set([0, 1, 2, 3]));
  });

  test("says which arrows and boxes are left out of a picture too big to read", () => {
    const nodes = Array.from(
      { length: 330 },
      (_, i) => ({ id: `n${i}`, kind: "role", label: `f${i}` }) as const,
    );
    const edges = Array.from({ length: 250 }, (_, i) => ({
      from: "n0",
      to: `n${(i % 200) + 1}`,
      label: "waits for",
      certainty: "observed" as const,
    }));
    const svg = picturesSvg([{ title: "big", graph: { nodes, edges } }]);
    expect(svg).toContain(">50 more arrows and 81 more boxes not drawn</text>");
    expect(svg.match(/class="line"/g)).toHaveLength(200 + 1);
  });

  test("nobody waits along an arrow that says who started whom", () => {
    const edge = (from: string, to: string, label: string) =>
      ({ from, to, label, certainty: "observed" }) as const;
    const nodes = ["a", "b"].map((id) => ({ id, kind: "role", label: id }) as const);
    expect(
      edgesOnCycles({ nodes, edges: [edge("a", "b", "started"), edge("b", "a", "waits for")] }).size,
    ).toBe(0);
  });

  test("a curve goes through its points and not beyond them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: fc.integer({ max: 999, min: 0 }), y: fc.integer({ max: 999, min: 0 }) }), {
          minLength: 2,
          maxLength: 9,
        }),
        fc.constantFrom("x" as const, "y" as const),
        (points, axis) => {
          const sorted = [...points].sort((a, b) => a[axis] - b[axis]);
          const numbers = curve(sorted, axis)
            .match(/-?[\d.]+/g)!
            .map(Number);
          const [xs, ys] = [0, 1].map((odd) => numbers.filter((_, i) => i % 2 === odd)) as [
            number[],
            number[],
          ];
          for (const [along, all] of [
            [xs, points.map((p) => p.x)],
            [ys, points.map((p) => p.y)],
          ] as const) {
            expect(Math.min(...along)).toBeGreaterThanOrEqual(Math.min(...all) - 0.1);
            expect(Math.max(...along)).toBeLessThanOrEqual(Math.max(...all) + 0.1);
          }
          for (const [i, p] of sorted.entries()) expect([xs[i * 3], ys[i * 3]]).toEqual([p.x, p.y]);
        },
      ),
    );
  });

  test("leaves no way out of its texts", () => {
    for (const finding of hostile().findings) {
      const svg = findingsSvg([finding]);
      expect(
        svg.replace(/<style>[^<]*<\/style>/, "").match(/<(?!\/?(?:svg|g|rect|text|path|title)[\s>/])/g),
      ).toBeNull();
      expect(svg).not.toMatch(/\son\w+="/);
      expect(svg.length).toBeLessThan(10_000);
    }
  });

  test("of any graph has all nodes inside, none over another, and balanced tags", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const placed = layoutGraph(graph, new Map());
        for (const [i, a] of placed.nodes.entries()) {
          expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
          expect(a.y + a.height / 2).toBeLessThanOrEqual(placed.height);
          for (const b of placed.nodes.slice(i + 1)) {
            const apart =
              Math.abs(a.x - b.x) >= (a.width + b.width) / 2 ||
              Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
            expect(apart).toBe(true);
          }
        }
        const svg = drawGraph(graph, "any")?.body.text ?? "";
        const opened = svg.match(/<[a-z]+(?=[\s>])[^>]*[^/]>|<[a-z]+>/g)?.length ?? 0;
        expect(svg.match(/<\/[a-z]+>/g)?.length ?? 0).toBe(opened);
      }),
      { numRuns: 150 },
    );
  });

  test("of edges without a label has no node over another", () => {
    const nodes = [..."abcd"].map((id) => ({ id, kind: "role" as const, label: "" }));
    const edges = ["ab", "cd", "ad", "ac"].map(([from, to]) => ({
      from: from!,
      to: to!,
      label: "",
      certainty: "observed" as const,
    }));
    const places = layoutGraph({ nodes, edges }, new Map()).nodes.map(({ x, y }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(nodes.length);
  });
});

describe("wrap", () => {
  test.each([
    ["short", 10, 2, ["short"]],
    ["main.(*Metrics).startInChannelConsumer", 24, 3, ["main.(*Metrics)", ".startInChannelConsumer"]],
    ["one two three four", 9, 2, ["one two", "three…"]],
    ["aaaaaaaaaaaaaaaaaaaaaa", 5, 2, ["aaaaa", "aaaa…"]],
    ["", 5, 2, []],
  ])("%s", (text, columns, lines, expected) => {
    expect(wrap(text, columns, lines)).toEqual(expected);
  });
});
