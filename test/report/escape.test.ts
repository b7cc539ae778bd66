import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import {
  dot,
  githubMessage,
  githubProperty,
  json,
  markdown,
  markdownCode,
  markdownFence,
  markdownLink,
  markup,
  mermaid,
  prometheusLabel,
  sarifMessage,
  uriPath,
  visible,
  visibleReport,
  webAddress,
} from "../../src/report/escape.ts";
import { hostile } from "./sample-reports.ts";

/** What no format may pass on: it moves a cursor, hides text, or reorders it. */
const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/u;

/** Any text, hostile pieces among it, with lone surrogates. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary" }), fc.string()), { maxLength: 5 })
  .map((parts) => parts.join(""));

describe.each([
  ["visible", visible],
  ["markup", markup],
  ["markdown", markdown],
  ["markdownCode", markdownCode],
  ["dot", dot],
  ["mermaid", mermaid],
  ["prometheusLabel", prometheusLabel],
  ["githubMessage", (text: string) => githubMessage([text])],
  ["githubProperty", githubProperty],
  ["sarifMessage", (text: string) => sarifMessage([text])],
  ["uriPath", uriPath],
] as const)("%s", (_, escaped) => {
  test("lets nothing through that moves, hides or reorders text", () => {
    fc.assert(fc.property(anyText, (text) => !withoutHarmless(escaped(text)).match(dangerous)));
  });

  test("leaves a plain Go name readable", () => {
    expect(escaped("main.run")).toContain("main.run");
  });
});

/** Format characters of scripts (Arabic number signs, interlinear anchors of Egyptian …) that draw something. */
function withoutHarmless(text: string): string {
  return text.replace(
    /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]/gu,
    "",
  );
}

test("visible shows what it is", () => {
  expect(visible("a\nb\r\t\u001b[31m\u0085\u202e\u200b\ud800\u{e0041}é字😀")).toBe(
    "a\\nb\\r\\t\\x1b[31m\\x85\\u202e\\u200b\\ud800\\u{e0041}é字😀",
  );
});

describe("json", () => {
  test("parses to the same value", () => {
    fc.assert(fc.property(anyText, (text) => JSON.parse(json({ text })).text === text));
  });

  test("hides nothing in a terminal", () => {
    fc.assert(fc.property(anyText, (text) => !withoutHarmless(json(text)).match(dangerous)));
  });
});

describe("markup", () => {
  test("is well-formed XML as text and as attribute, and parses to what is visible", async () => {
    const contents = hostile.map((text) => `<a b="${markup(text)}">${markup(text)}</a>`).join("");
    const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="all"/></xs:schema>`;
    const { errors } = await validateXML({ xml: `<all>${contents}</all>`, schema });
    expect(errors).toEqual([]);
  });

  test("leaves no markup", () => {
    fc.assert(fc.property(anyText, (text) => !/[<>"']/.test(markup(text))));
  });
});

describe("markdown", () => {
  test.each([
    ["<script>", "&lt;script&gt;"],
    ["[a](javascript:b)", "\\[a\\](javascript:b)"],
    ["@team", "@<!-- -->team"],
    ["see #12", "see #<!-- -->12"],
    ["https://evil.example", "https:<!-- -->//evil.example"],
    ["www.evil.example", "www.<!-- -->evil.example"],
    ["# heading", "\\# heading"],
    ["- item", "\\- item"],
    ["1. item", "1\\. item"],
    ["0.1.0", "0.1.0"],
    ["a|b `c` *d* _e_ ~f~ $g$", "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\$g\\$"],
    ["main.(*Pool).Get", "main.(\\*Pool).Get"],
  ])("%s", (text, expected) => {
    expect(markdown(text)).toBe(expected);
  });

  test("a code span closes only at its end", () => {
    expect(markdownCode("a")).toBe("`a`");
    expect(markdownCode("a`b``c")).toBe("```a`b``c```");
    expect(markdownCode("`")).toBe("`` ` ``");
    expect(markdownCode("")).toBe("");
  });

  test("a fence is longer than all that it holds", () => {
    expect(markdownFence(["```", "````sh"])).toEqual(["`````", "```", "````sh", "`````"]);
  });

  test("only web addresses become links", () => {
    expect(markdownLink("https://go.dev/ref/spec#Send_statements")).toBe(
      "<https://go.dev/ref/spec#Send_statements>",
    );
    expect(markdownLink("javascript:alert(1)")).toBe("javascript:alert(1)");
    expect(webAddress("data:text/html,x")).toBeUndefined();
    expect(webAddress('https://a.example/"><script>')).not.toMatch(/[<>"]/);
  });
});

test("a label of mermaid holds nothing that mermaid reads", () => {
  fc.assert(
    fc.property(anyText, (text) =>
      /^"[^"`;<>[\]{}|\\%&@$-]*(?:#\d+;[^"`;<>[\]{}|\\%&@$-]*)*"$/.test(mermaid(text)),
    ),
  );
});

test("a string of dot ends where it should", () => {
  fc.assert(fc.property(anyText, (text) => /^"(?:[^"\\]|\\["\\])*"$/.test(dot(text))));
});

test("a GitHub command can't be left", () => {
  expect(githubMessage(["50%", "a\nb"])).toBe("50%25%0Aa\\nb");
  expect(githubProperty("a:b,c%")).toBe("a%3Ab%2Cc%25");
});

test("a SARIF message holds no link", () => {
  expect(sarifMessage(["[a](https://evil.example)"])).toBe("[a]\\(https://evil.example)");
});

test("a path becomes a URI", () => {
  expect(uriPath("a b/c:d/e%?#.go")).toBe("a%20b/c%3Ad/e%25%3F%23.go");
  expect(uriPath("example.com/x@v1.2.3/y.go")).toBe("example.com/x@v1.2.3/y.go");
  fc.assert(fc.property(anyText, (text) => URL.canParse(`file:///${uriPath(text)}`)));
});

describe("visibleReport", () => {
  test("reaches every text and every key", () => {
    const evil = "\u001b";
    expect(visibleReport({ [evil]: [{ a: evil, n: 1, none: null }] })).toEqual({
      "\\x1b": [{ a: "\\x1b", n: 1, none: null }],
    });
  });

  test("takes line breaks of prose for layout, and those of names for what they are", () => {
    expect(visibleReport({ fix: "one\n  two\n", name: "one\ntwo" })).toEqual({
      fix: "one two",
      name: "one\\ntwo",
    });
  });

  test("says what it cuts off", () => {
    expect(visibleReport("x".repeat(100_000))).toMatch(/^x{2000}… \(98000 more characters\)$/);
  });

  test("does not touch prototypes", () => {
    const safe = visibleReport(JSON.parse('{"__proto__": {"polluted": "yes"}}'));
    expect(Object.getPrototypeOf(safe)).toBe(Object.prototype);
    expect({} as Record<string, unknown>).not.toHaveProperty("polluted");
  });
});
