import { describe, expect, test } from "vitest";
import { shortFunction } from "../../src/model/symbol.ts";
import { namesOf, placesOf, primaryFrame } from "../../src/report/paths.ts";
import { defaultReporterOptions, type Report, type ReportFrame } from "../../src/report/report.ts";
import { sampleReports } from "./sample-reports.ts";

const story = sampleReports["reference-story"]!;

/** The reference story with these frames in its first role. */
function reportOf(...frames: readonly (readonly [name: string, file: string])[]): Report {
  const finding = story.findings[0]!;
  const role = finding.roles[0]!;
  const list: ReportFrame[] = frames.map(([name, file]) => ({
    function: name,
    file,
    line: 7,
    decisive: false,
  }));
  const { createdBy: _, ...stack } = role.stacks[0]!;
  return {
    ...story,
    findings: [{ ...finding, symptoms: [], roles: [{ ...role, stacks: [{ ...stack, frames: list }] }] }],
  };
}

function placeOf(name: string, file: string, options: Partial<typeof defaultReporterOptions> = {}) {
  return placesOf(reportOf([name, file]), { ...defaultReporterOptions, ...options })({
    function: name,
    file,
  });
}

describe("places", () => {
  test.each([
    [
      "the standard library",
      "net/http.(*conn).serve",
      "/usr/local/go/src/net/http/server.go",
      "goroot",
      "net/http/server.go",
    ],
    [
      "the runtime",
      "runtime.gopark",
      "/opt/hostedtoolcache/go/1.24.0/x64/src/runtime/proc.go",
      "goroot",
      "runtime/proc.go",
    ],
    [
      "the standard library under -trimpath",
      "net/http.(*conn).serve",
      "net/http/server.go",
      "goroot",
      "net/http/server.go",
    ],
    [
      "a toolchain in the module cache",
      "runtime.gopark",
      "/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/runtime/proc.go",
      "module-cache",
      "golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/runtime/proc.go",
    ],
    [
      "a dependency",
      "golang.org/x/sync/errgroup.(*Group).Go",
      "/go/pkg/mod/golang.org/x/sync@v0.11.0/errgroup/errgroup.go",
      "module-cache",
      "golang.org/x/sync@v0.11.0/errgroup/errgroup.go",
    ],
    [
      "a dependency under -trimpath",
      "golang.org/x/sync/errgroup.(*Group).Go",
      "golang.org/x/sync@v0.11.0/errgroup/errgroup.go",
      "module-cache",
      "golang.org/x/sync@v0.11.0/errgroup/errgroup.go",
    ],
    [
      "own code, its directory named as its module",
      "github.com/acme/shop/internal/pool.New",
      "/src/shop/internal/pool/pool.go",
      "repository",
      "internal/pool/pool.go",
    ],
    [
      "own code, its directory named otherwise",
      "github.com/acme/shop/internal/pool.New",
      "/build/7/s/internal/pool/pool.go",
      "repository",
      "internal/pool/pool.go",
    ],
    [
      "own code in a GOPATH",
      "github.com/acme/shop/pool.New",
      "/go/src/github.com/acme/shop/pool/pool.go",
      "repository",
      "pool/pool.go",
    ],
    [
      "own code under -trimpath",
      "example.com/shop/pool.New",
      "example.com/shop/pool/pool.go",
      "repository",
      "pool/pool.go",
    ],
    ["a command", "main.main", "/src/shop/main.go", "elsewhere", "/src/shop/main.go"],
    ["a Windows path", "main.main", "C:\\src\\shop\\main.go", "elsewhere", "C:/src/shop/main.go"],
    ["no file", "main.main", "", "elsewhere", ""],
  ])("%s", (_, name, file, base, path) => {
    expect(placeOf(name, file)).toEqual({ base, path });
  });

  test("--path-map decides first, to a relative path", () => {
    const pathMap = [
      { from: "/build/shop/", to: "." },
      { from: "/build", to: "sub/dir/" },
    ];
    expect(placeOf("main.main", "/build/shop/cmd/main.go", { pathMap })).toEqual({
      base: "repository",
      path: "cmd/main.go",
    });
    expect(placeOf("main.main", "/build/x.go", { pathMap })).toEqual({
      base: "repository",
      path: "sub/dir/x.go",
    });
    expect(placeOf("main.main", "/buildings/x.go", { pathMap }).base).toBe("elsewhere");
  });

  test("--path-map to an absolute path goes by the root", () => {
    const options = { pathMap: [{ from: "/build", to: "/repos/shop" }], root: "/repos/shop" };
    expect(placeOf("main.main", "/build/cmd/main.go", options)).toEqual({
      base: "repository",
      path: "cmd/main.go",
    });
  });

  test("nothing leads out of the repository", () => {
    const options = { root: "/repo" };
    expect(placeOf("main.main", "/repo/../etc/passwd", options).base).toBe("elsewhere");
    expect(placeOf("main.main", "/repo/./a//b.go", options)).toEqual({ base: "repository", path: "a/b.go" });
  });

  test("a command lies in the repository that its packages tell", () => {
    const report = reportOf(
      ["example.com/shop/pool.New", "/src/shop/pool/pool.go"],
      ["main.main", "/src/shop/cmd/main.go"],
    );
    const place = placesOf(
      report,
      defaultReporterOptions,
    )({ function: "main.main", file: "/src/shop/cmd/main.go" });
    expect(place).toEqual({ base: "repository", path: "cmd/main.go" });
  });
});

test.each([
  ["main.(*Pool).Get", "main.(*Pool).Get"],
  ["net/http.(*conn).serve", "http.(*conn).serve"],
  ["example.com/a/b.(*T[example.com/c/d.E,int]).run.func1", "b.(*T[d.E,int]).run.func1"],
  ["example.com/pool/v2.New", "pool/v2.New"],
  ["gopkg.in/yaml%2ev3.Unmarshal", "yaml%2ev3.Unmarshal"],
  ["", ""],
])("the short name of %s", (name, short) => {
  expect(shortFunction(name)).toBe(short);
});

describe("names in sentences", () => {
  const names = namesOf(
    reportOf(["example.com/shop/pool.(*Pool).Get", "/src/shop/pool/pool.go"]),
    defaultReporterOptions,
  );

  test.each([
    ["parked at /src/shop/pool/pool.go:12, 3 behind it", "parked at pool/pool.go:12, 3 behind it"],
    ["(example.com/shop/pool.(*Pool).Get) waits", "(pool.(*Pool).Get) waits"],
    ["send and/or receive of example.org/other.T", "send and/or receive of example.org/other.T"],
    ["see https://go.dev/ref/spec", "see https://go.dev/ref/spec"],
    ["/src/shop/pool/pool.gone", "/src/shop/pool/pool.gone"],
    ["", ""],
  ])("%s", (sentence, short) => {
    expect(names.prose(sentence)).toBe(short);
  });
});

test("the first decisive frame in the repository stands for a finding", () => {
  const finding = story.findings[0]!;
  const frame = primaryFrame(finding, placesOf(story, defaultReporterOptions));
  expect(frame).toMatchObject({ function: "example.com/shop/server.(*Metrics).CountS", line: 95 });
});
