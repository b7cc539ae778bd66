// @ts-check
// Writes a goroutine dump of any size: seeded, so that two runs give the same bytes, and realistic: a few hundred
// distinct stacks, most goroutines in one of them, addresses, ids and minutes that vary.
// usage: node scripts/generate-dump.mjs --goroutines 100000 [--stacks 300] [--share 0.7] [--seed 1] [--format text]
//        [--level 1|2] > dump.txt

import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/**
 * @typedef {object} DumpPlan
 * @property {number} goroutines how many goroutines
 * @property {number} [stacks] how many distinct stacks
 * @property {number} [share] share of the goroutines that are in the first stack
 * @property {number} [seed]
 * @property {1 | 2} [level] 1 as pprof writes, 2 as GOTRACEBACK=system does: runtime frames, fp, sp, pc
 *
 * @typedef {object} Call
 * @property {string} name
 * @property {string} file
 * @property {number} line
 * @property {number} args how many arguments, -1 for an inlined call
 * @property {number} offset
 *
 * @typedef {object} StackPlan
 * @property {string} state
 * @property {Call[]} calls innermost first
 * @property {Call} creator
 */

/** @type {Record<string, (plan: Required<DumpPlan>) => Generator<string>>} */
export const formats = { text: textDump, "delve-json": delveDump, debug1: profileDump };

/**
 * A generator of numbers in [0, 1): mulberry32.
 * @param {number} seed
 * @returns {() => number}
 */
export function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * The dump in pieces of a few dozen kilobytes.
 * @param {DumpPlan} plan
 * @param {string} [format]
 * @returns {Generator<string>}
 */
export function* generateDump(plan, format = "text") {
  const make = formats[format];
  if (make === undefined)
    throw new Error(`unknown format ${format}: one of ${Object.keys(formats).join(", ")}`);
  yield* make({ stacks: 300, share: 0.7, seed: 1, level: 1, ...plan });
}

const states = [
  "chan send",
  "chan receive",
  "select",
  "IO wait",
  "sync.Mutex.Lock",
  "sync.WaitGroup.Wait",
  "sleep",
];
const types = ["Server", "Pool", "Client", "Session", "Worker", "Queue", "Cache", "Stream"];
const methods = ["Handle", "run", "process", "flush", "dispatch", "loop", "fetch", "write"];

/**
 * @param {() => number} random
 * @param {number} index
 * @param {number} level
 * @returns {StackPlan}
 */
function planStack(random, index, level) {
  const int = (/** @type {number} */ n) => Math.floor(random() * n);
  /** @type {(name: string, file: string, args: number) => Call} */
  const call = (name, file, args) => ({ name, file, line: 10 + int(900), args, offset: 16 + int(900) });
  /** @type {Call[]} */
  const calls = [];
  if (level === 2) calls.push(call("runtime.gopark", "/usr/local/go/src/runtime/proc.go", 5));
  calls.push(
    call(`main.(*${types[index % 8]}).${methods[int(8)]}${index}`, `/src/app/service${index % 40}.go`, 3),
  );
  const depth = index === 0 ? 3 : 1 + int(6);
  for (let i = 0; i < depth; i++) {
    const type = types[int(8)];
    const pkg = `example.com/app/internal/pkg${int(30)}`;
    calls.push(
      call(`${pkg}.(*${type}).${methods[int(8)]}`, `/src/app/internal/${type?.toLowerCase()}.go`, int(4)),
    );
  }
  const http = "/usr/local/go/src/net/http/server.go";
  calls.push(
    { ...call("net/http.HandlerFunc.ServeHTTP", http, 3), line: 2220 },
    { ...call("net/http.(*conn).serve", http, 2), line: 2102 },
  );
  if (level === 2)
    calls.push({ ...call("runtime.goexit", "/usr/local/go/src/runtime/asm_amd64.s", 0), line: 1700 });
  return {
    state: states[index % states.length] ?? "select",
    calls,
    creator: { ...call("net/http.(*Server).Serve", http, 0), line: 3360 },
  };
}

/**
 * @param {Required<DumpPlan>} plan
 * @returns {Generator<string>}
 */
function* textDump(plan) {
  const random = randomNumbers(plan.seed);
  const int = (/** @type {number} */ n) => Math.floor(random() * n);
  const address = () => `0xc${(int(0x40000000) * 8).toString(16).padStart(9, "0")}`;
  const stacks = Array.from({ length: plan.stacks }, (_, index) => planStack(random, index, plan.level));
  let id = 1;
  let text = "";
  for (let i = 0; i < plan.goroutines; i++) {
    // With as many stacks as goroutines, each has its own.
    const which = plan.stacks >= plan.goroutines ? i : random() < plan.share ? 0 : int(plan.stacks);
    text += goroutineText(stacks[which], id, plan.level, int, address);
    id += 1 + int(4);
    if (text.length > 60000) {
      yield text;
      text = "";
    }
  }
  // Like Go: a blank line between goroutines, none after the last.
  yield text.slice(0, -1);
}

/**
 * @param {StackPlan | undefined} stack
 * @param {number} id
 * @param {number} level
 * @param {(n: number) => number} int
 * @param {() => string} address
 */
function goroutineText(stack, id, level, int, address) {
  if (stack === undefined) return "";
  const minutes = int(3) === 0 ? "" : `, ${1 + int(300)} minutes`;
  const thread = level === 2 ? ` gp=${address()} m=nil` : "";
  let text = `goroutine ${id}${thread} [${stack.state}${minutes}]:\n`;
  let stackPointer = 0xc000000000 + int(0x1000000) * 16;
  for (const call of stack.calls) {
    const args = [];
    for (let i = 0; i < call.args; i++)
      args.push(i === 2 ? `{${address()}?, 0x${int(64).toString(16)}}` : address());
    stackPointer += 0x40;
    const frame = stackPointer;
    const pointers =
      level === 2
        ? ` fp=0x${frame.toString(16)} sp=0x${(frame - 0x40).toString(16)} pc=0x${(0x400000 + call.offset * 64).toString(16)}`
        : "";
    text += `${call.name}(${args.join(", ")})\n\t${call.file}:${call.line} +0x${call.offset.toString(16)}${pointers}\n`;
  }
  const by = stack.creator;
  return `${text}created by ${by.name} in goroutine ${1 + (id % 977)}\n\t${by.file}:${by.line} +0x${by.offset.toString(16)}\n\n`;
}

/**
 * The rows of a dump: which stack, which id.
 * @param {Required<DumpPlan>} plan
 * @param {() => number} random
 * @returns {Generator<{ which: number, id: number }>}
 */
function* rows(plan, random) {
  const int = (/** @type {number} */ n) => Math.floor(random() * n);
  let id = 1;
  for (let i = 0; i < plan.goroutines; i++) {
    const which = plan.stacks >= plan.goroutines ? i : random() < plan.share ? 0 : int(plan.stacks);
    yield { which, id };
    id += 1 + int(4);
  }
}

/** Numbers of Go 1.24 for `states`. */
const waitReasons = [15, 14, 9, 2, 21, 24, 19];

/**
 * The response of RPCServer.ListGoroutines, compact, as Delve writes it.
 * @param {Required<DumpPlan>} plan
 * @returns {Generator<string>}
 */
function* delveDump(plan) {
  const random = randomNumbers(plan.seed);
  const stacks = Array.from({ length: plan.stacks }, (_, index) => planStack(random, index, 1));
  /** @type {(call: Call | undefined, pc: number) => unknown} */
  const location = (call, pc) => ({
    pc,
    file: call?.file,
    line: call?.line,
    function: { name: call?.name, value: pc - 32, type: 0, goType: 0, optimized: true },
  });
  const park = {
    name: "runtime.gopark",
    file: "/usr/local/go1.24.1/src/runtime/proc.go",
    line: 436,
    args: 0,
    offset: 0,
  };
  let text = '{"id":1,"result":{"Goroutines":[';
  let separator = "";
  for (const { which, id } of rows(plan, random)) {
    const stack = stacks[which];
    if (stack === undefined) continue;
    text +=
      separator +
      JSON.stringify({
        id,
        currentLoc: location(park, 4459246),
        userCurrentLoc: location(stack.calls[0], 6710000 + which * 64),
        goStatementLoc: location(stack.creator, 6710001),
        startLoc: location(stack.calls.at(-1), 6710002),
        threadID: 0,
        status: 4,
        waitSince: 2725780000000 + id,
        waitReason: waitReasons[states.indexOf(stack.state)],
        unreadable: "",
      });
    separator = ",";
    if (text.length > 60000) {
      yield text;
      text = "";
    }
  }
  yield `${text}],"Nextg":-1,"Groups":null,"TooManyGroups":false},"error":null}\n`;
}

/**
 * A profile as pprof writes it with debug=1: an entry for each distinct stack.
 * @param {Required<DumpPlan>} plan
 * @returns {Generator<string>}
 */
function* profileDump(plan) {
  const random = randomNumbers(plan.seed);
  const stacks = Array.from({ length: plan.stacks }, (_, index) => planStack(random, index, 1));
  const counts = new Map();
  for (const { which } of rows(plan, random)) counts.set(which, (counts.get(which) ?? 0) + 1);
  yield `goroutine profile: total ${plan.goroutines}\n`;
  for (const [which, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    const calls = stacks[which]?.calls ?? [];
    const pcs = calls.map((_, i) => `0x${(0x400000 + which * 4096 + i * 64).toString(16)}`);
    yield `${count} @ 0x43ae2e ${pcs.join(" ")}\n`;
    for (const [i, call] of calls.entries()) {
      yield `#\t${pcs[i]}\t${call.name}+0x${call.offset.toString(16)}\t\t${call.file}:${call.line}\n`;
    }
    yield "\n";
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      goroutines: { type: "string", default: "1000" },
      stacks: { type: "string", default: "300" },
      share: { type: "string", default: "0.7" },
      seed: { type: "string", default: "1" },
      level: { type: "string", default: "1" },
      format: { type: "string", default: "text" },
    },
  });
  const plan = {
    goroutines: Number(values.goroutines),
    stacks: Number(values.stacks),
    share: Number(values.share),
    seed: Number(values.seed),
    level: values.level === "2" ? /** @type {2} */ (2) : /** @type {1} */ (1),
  };
  for (const piece of generateDump(plan, values.format)) {
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
