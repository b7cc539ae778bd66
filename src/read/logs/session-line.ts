/**
 * The lines by which the session of a debugger is known inside a log:
 *
 *     * Goroutine 6 - User: /src/main.go:41 main.chanSend (0x564759)      Delve: goroutines
 *     0  0x000000000043fbfd in runtime.gopark                             Delve: stack
 *     * 17 waiting  runtime.gopark                                        gdb: info goroutines
 *     #0  runtime.gopark (unlockf=…                                       gdb: bt
 */
const line =
  /(?:\((?:dlv|gdb)\) ){0,9}(?:(?:\* ?| {2})Goroutine \d{1,15} - (?:User|Runtime|Go|Start): |(?<![\dx])0 {2}0x[0-9a-f]{16} in \S|(?:\* ?| {2})\d{1,15} (?:waiting|running|runnable|syscall) {2}[\w./]{1,300}\.|#0 {2}(?:0x[0-9a-f]{1,16} in )?[\w./]{1,300}\.[^\s]{1,300} \()/g;

/** Where the next line of a debugger's session begins, its prompt included; -1: nowhere. */
export function findSession(text: string, from = 0): number {
  if (!mayShow(text)) return -1;
  line.lastIndex = from;
  return line.exec(text)?.index ?? -1;
}

/** What a page has put before a pasted session, or a session before its stacks: its reader takes it off. */
export function isSessionIndent(before: string): boolean {
  return /^[ \t>]*$/.test(before);
}

/** Cheaper than the expression: every line of a log is asked. */
function mayShow(text: string): boolean {
  return text.includes("Goroutine ") || (text.includes("  ") && /[0gel] {2}/.test(text));
}
