// @ts-check
// Prints how many seconds reading a dump takes, without start, rules and report: node scripts/bench/reading.mjs DUMP

const { readDumps } = await import("../../dist/read/read-dumps.js");
const start = performance.now();
await readDumps([process.argv[2] ?? ""], { threads: 2 });
console.log((performance.now() - start) / 1000);
