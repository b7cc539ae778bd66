import { expect, test } from "vitest";
import { DumpBuilder } from "../../src/model/dump-builder.ts";
import { collectHint } from "../../src/rank/collect-hint.ts";

test("minutes that a traceback lacks take a minute, those of another format a traceback", () => {
  const of = (format: "go-traceback" | "pprof-text") =>
    collectHint(["minutes"], new DumpBuilder("test", format).build())!.command;
  expect(of("go-traceback")).toMatch(/^sleep 60; curl .*debug=2/);
  expect(of("pprof-text")).toMatch(/^curl .*debug=2/);
});
