import fc from "fast-check";
import { expect, test } from "vitest";
import { compileText, compileTextLater } from "../../src/rules/pattern.ts";
import { requiredLiteral } from "../../src/rules/required-literal.ts";

test.each([
  ["\\.func[0-9]+", ".func"],
  ["^context\\.(\\(\\*cancelCtx\\)\\.)?propagateCancel\\.func[0-9]+$", "propagateCancel.func"],
  ["(^|\\/)google\\.golang\\.org\\/grpc\\.invoke$", "google.golang.org/grpc.invoke"],
  ["ab?c", "a"],
  ["ab+c", "ab"],
  ["ab{0,2}cd", "cd"],
  ["a|b", ""],
  ["(?i)lock", ""],
  ["[]x]yz", "yz"],
  ["x[[:alpha:]]yzz", "yzz"],
  ["\\d\\x41B", ""],
])("%s needs %s", (source, literal) => {
  expect(requiredLiteral(source)).toBe(literal);
});

test("an expression made late answers as one made at once", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "\\.",
    ".",
    "a*",
    "b?",
    "(a|b)",
    "[ab]",
    "[^a]+",
    "a{0,1}",
    "(b\\.)?",
    "b+",
    "^",
    "$",
    "|",
  );
  const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), text, (pieces, name) => {
      const pattern = `/${pieces.join("")}/`;
      expect(compileTextLater(pattern)(name)).toBe(compileText(pattern)(name));
    }),
    { numRuns: 500 },
  );
});
