import { beforeAll, describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { type DumpSource, openSource } from "../../src/source/open-source.ts";
import type { StackFacts } from "../../src/source/source-facts.ts";
import { fixtureDump, programs, stackOf } from "./dumps.ts";

const cases = "fixtures.example/programs/source-cases/";

// One program hangs a goroutine in each way; its dumps must be read alike, with wait reasons (2) and without (1).
// Without wait reasons and creators, these could as well be parked at the range one line further up: in each of
// the functions below them in the file, that line holds a range, too.
const untold = ["(*aliased).run", "(*outer).run", "(*queue[...]).run"];

describe.each([1, 2])("source-cases, debug=%i", (level) => {
  let dump: Dump;
  let source: DumpSource;
  const facts = (functionEnd: string): StackFacts => source.facts(stackOf(dump, functionEnd));
  const site = (functionEnd: string) => {
    const found = facts(functionEnd).site;
    return found && `${found.kind} ${found.key.replace(cases, "")} ${found.capacity ?? "?"}`;
  };

  beforeAll(async () => {
    dump = await fixtureDump(`fixtures/source/source-cases.go1.26.debug${level}.txt`);
    source = (await openSource({ roots: [programs] })).forDump(dump);
  });

  test.each([
    ["(*direct).run", "pipeline.direct.in", "(*direct).run", true],
    ["(*deep).report", "pipeline.deep.in", "(*deep).loop", true],
    ["(*aliased).run", "pipeline.aliased.queue", "(*aliased).run", true],
    ["(*outer).run", "pipeline.inner.events", "(*outer).run", true],
    ["(*puller).run", "pipeline.puller.jobs", "(*puller).run", true],
    ["(*queue[...]).run", "generic.queue.items", "(*queue).run", true],
    ["(*device).emit", "tagged.device.frames", "(*device).run", true],
  ])("%s drains %s, to which it sends", (name, key, loop, sameInstance) => {
    const found = facts(name);
    if (level === 1 && untold.includes(name)) {
      expect(found).toMatchObject({ site: undefined, drainsOwnChannel: undefined });
      expect(found.reason).toMatch(/several lines of the function fit/);
      return;
    }
    expect(found.site).toMatchObject({ kind: "send", key: cases + key });
    expect(found.drainsOwnChannel).toBe(true);
    expect(found.receivesOwn[0]).toMatchObject({ key: cases + key, sameInstance });
    expect(found.receivesOwn[0]!.function).toContain(loop);
    expect(found.receivesOwn[0]!.loopLine).toBeGreaterThan(0);
  });

  test.skipIf(level === 1)("a local channel is followed through a closure", () => {
    const found = facts("pipeline.Start.func8");
    expect(found.site).toMatchObject({ text: "words", capacity: 1 });
    expect(found.site!.description).toBe(`local variable words of ${cases}pipeline.Start`);
    expect(found.drainsOwnChannel).toBe(true);
  });

  test("a consumer that sends to another type's channel does not drain its own", () => {
    expect(site("(*writer).run")).toBe("send pipeline.reader.lines 0");
    expect(facts("(*writer).run")).toMatchObject({ drainsOwnChannel: false, receivesOwn: [] });
  });

  test("a lock taken twice through a method is held by the caller", () => {
    const found = facts("(*account).total");
    expect(site("(*account).total")).toBe("lock locks.account.mu ?");
    expect(found.holds).toEqual([
      expect.objectContaining({
        key: `${cases}locks.account.mu`,
        mode: "lock",
        certain: true,
        release: "deferred",
        sameInstance: true,
      }),
    ]);
    expect(found.holds[0]!.function).toBe(`${cases}locks.(*account).add`);
  });

  test("an embedded RWMutex is one lock, however it is taken", () => {
    expect(site("(*guarded).replace")).toBe("lock locks.guarded.RWMutex ?");
    expect(facts("(*guarded).replace").holds).toEqual([
      expect.objectContaining({ key: `${cases}locks.guarded.RWMutex`, mode: "rlock", sameInstance: true }),
    ]);
  });

  test("locks held across a send, and those given back before it", () => {
    expect(facts("(*broadcaster).publish").holds.map((h) => h.key)).toEqual([`${cases}locks.broadcaster.mu`]);
    expect(facts("(*broadcaster).blocked").holds).toEqual([
      expect.objectContaining({ key: `${cases}locks.broadcaster.mu`, release: "never seen" }),
    ]);
    expect(facts("(*broadcaster).careful").holds).toEqual([]);
  });

  test("a group's own member waits for it", () => {
    const found = facts("waits.(*fan).collect");
    expect(site("waits.(*fan).collect")).toBe("wait waits.fan.wg ?");
    expect(found.owes.map((o) => `${o.kind} ${o.text}`)).toEqual(["close f.results", "range f.results"]);
    expect(facts("waits.(*fan).work").owes).toEqual([
      expect.objectContaining({ kind: "done", key: `${cases}waits.fan.wg`, deferred: true }),
    ]);
  });

  test.each([
    ["withTimer", { default: false, timer: true, done: false }],
    ["withTicker", { default: false, timer: true, done: false }],
    ["withContext", { default: false, timer: false, done: true }],
    ["(*poller).without", { default: false, timer: false, done: false }],
  ])("select of %s", (name, ways) => {
    expect(facts(name).site?.select).toMatchObject(ways);
  });

  test("a sender is stranded by a timeout", () => {
    const { strand } = facts("stranded.timeout.func1");
    expect(strand).toMatchObject({
      maker: `${cases}stranded.timeout`,
      capacity: 0,
      inSelect: true,
      strands: true,
    });
  });

  test("a maker that always receives strands nobody", () => {
    expect(facts("stranded.slow.func1").strand).toMatchObject({ strands: false });
  });
});

describe("with goroutines' creators (debug=2)", () => {
  let dump: Dump;
  let source: DumpSource;
  beforeAll(async () => {
    dump = await fixtureDump("fixtures/source/source-cases.go1.26.debug2.txt");
    source = (await openSource({ roots: [programs] })).forDump(dump);
  });

  test("a parameter is followed into the go statement", () => {
    expect(source.facts(stackOf(dump, "pipeline.echo")).site?.description).toBe(
      `local variable ch of ${cases}pipeline.Start`,
    );
  });

  test("a sender is stranded by an early return, two functions away", () => {
    expect(source.facts(stackOf(dump, "stranded.produce")).strand).toMatchObject({
      maker: `${cases}stranded.early`,
      counterparts: [33],
      earlyReturnLine: 31,
      strands: true,
    });
  });

  test("a member that waits for its own group owes its Done", () => {
    const facts = source.facts(stackOf(dump, "waits.member"));
    expect(facts.owes).toEqual([
      expect.objectContaining({ kind: "done", key: facts.site!.key, deferred: true, sameInstance: true }),
    ]);
  });

  test("snippets show the line and its neighbours", () => {
    const stack = stackOf(dump, "(*direct).run");
    expect(source.snippet(stack, 0, 1, new Map([[11, "send"]]))).toEqual([
      { line: 10, text: "\tfor v := range d.in {" },
      { line: 11, text: "\t\td.in <- v + 1", note: "send" },
      { line: 12, text: "\t}" },
    ]);
    expect(source.describe(stack)).toBe(`send on d.in (field in of ${cases}pipeline.direct)`);
  });
});

describe("the reference story", () => {
  const folder = "fixtures/rules/channel/consumer-sends-to-own-channel/";
  const versions = ["1.19", "1.22", "1.24", "1.26", "1.27"];
  const forms = ["debug1.txt", "delve-core.json.gz", "delve-attach.json.gz", "debug2.txt.gz"];
  const inbox = "fixtures.example/programs/metrics/telemetry.Registry.inbox";

  test.each(versions.flatMap((v) => forms.map((f) => `fires.metrics.go${v}.${f}`)))("%s", async (name) => {
    const dump = await fixtureDump(folder + name);
    const source = (await openSource({ roots: [programs] })).forDump(dump);
    const sends = dump.stacks
      .map((s) => source.facts(s))
      .filter((f) => f.site?.key === inbox && f.site.kind === "send");
    const consumers = sends.filter((f) => f.drainsOwnChannel === true);
    expect(consumers.length).toBe(1);
    expect(consumers[0]!.receivesOwn).toEqual([
      expect.objectContaining({
        function: "fixtures.example/programs/metrics/telemetry.(*Registry).drain",
        line: 61,
        loopLine: 59,
        sameInstance: true,
      }),
    ]);
    expect(consumers[0]!.site).toMatchObject({ capacity: 100 });
    expect(sends.length).toBeGreaterThan(1);
  });
});
