// @ts-check

/**
 * Counts goroutines of a traceback by an independent, naive look at its text: blank lines part them,
 * and a frame's line starts with its function. Not the reader under test.
 * @param {string} traceback
 * @param {string} functionName
 */
export function countWithFrame(traceback, functionName) {
  return goroutinesOf(traceback).filter((text) => text.includes(`\n${functionName}(`)).length;
}

/**
 * Ids of the goroutines with a frame's function and, when given, a wait reason.
 * @param {string} traceback
 * @param {string} functionName
 * @param {string} [reason]
 * @returns {number[]} ascending
 */
export function idsWithFrame(traceback, functionName, reason = "") {
  return goroutinesOf(traceback)
    .filter((text) => text.includes(`\n${functionName}(`) && headerOf(text).includes(`[${reason}`))
    .map((text) => Number(text.split(" ", 2)[1]))
    .sort((a, b) => a - b);
}

/** @param {string} traceback */
function goroutinesOf(traceback) {
  return traceback.split("\n\n").filter((text) => /^goroutine \d+ /.test(text));
}

/** @param {string} goroutine */
function headerOf(goroutine) {
  return goroutine.slice(0, goroutine.indexOf("\n"));
}
