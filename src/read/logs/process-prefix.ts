/** Longest beginning of a line in which its process is named. */
const longest = 300;
/** What a name of a program or a process number is made of. */
const name = /^[\w./@:-]{1,200}$/;
const time = /\d:\d\d|^\[ {0,10}\d{1,10}\.\d/;
/** `<165>1 2026-10-11T22:14:15.003Z host app procid `. */
const rfc5424 = /^<\d{1,3}>1 \S{1,64} \S{1,255} (\S{1,48} \S{1,128}) /;
/** Programs that tell in a log what became of others, and of their lines. */
const system = /^(?:systemd|systemd-journald|rsyslogd|syslogd|syslog-ng|heroku)[[ ]/;

/** Whose line it is: lines of the system's own programs may tell of any process. */
export interface LineProcess {
  readonly key: string;
  readonly system: boolean;
}

/**
 * The process that a line of syslog, journald or Heroku names behind its time: `Jan 02 23:59:59 host api[43]: `,
 * `2026-01-02T03:04:05.5+00:00 app[web.1]: `. Every line of a log is asked.
 */
export function lineProcess(line: string): LineProcess | undefined {
  const key = line.startsWith("<") ? rfc5424.exec(line)?.[1] : tagOf(line);
  return key === undefined ? undefined : { key, system: system.test(key) };
}

/** `api[43]` */
function tagOf(line: string): string | undefined {
  const end = line.indexOf("]:");
  if (end < 0 || end > longest || (line[end + 2] ?? " ") !== " ") return undefined;
  const bracket = line.lastIndexOf("[", end);
  const begin = line.lastIndexOf(" ", bracket) + 1;
  // What a program has written itself has no time before it.
  if (bracket <= begin || begin === 0 || !time.test(line.slice(0, begin))) return undefined;
  const number = line.slice(bracket + 1, end);
  return /\d/.test(number) && name.test(number) && name.test(line.slice(begin, bracket))
    ? line.slice(begin, end + 1)
    : undefined;
}
