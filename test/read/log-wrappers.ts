/** The ways in which logs wrap the lines of a dump; each makes a log from a dump's text. */
export const logWrappers: Readonly<Record<string, (dump: string) => string>> = {
  "docker json-file": (dump) =>
    eachLine(dump, (line, n) =>
      pieces(line, 300).map((part, i, all) =>
        JSON.stringify({ log: i + 1 < all.length ? part : `${part}\n`, stream: "stderr", time: time(n) }),
      ),
    ),
  "CRI, long lines in parts": (dump) =>
    eachLine(dump, (line, n) =>
      pieces(line, 40).map((part, i, all) => `${time(n)} stderr ${i + 1 < all.length ? "P" : "F"} ${part}`),
    ),
  compose: (dump) => eachLine(dump, (line) => [`web-1  | ${line}`]),
  "compose with colours": (dump) => eachLine(dump, (line) => [`\u001b[36mweb-1  | \u001b[0m${line}`]),
  "compose, blank lines trimmed": (dump) => eachLine(dump, (line) => [`web-1  | ${line}`.trimEnd()]),
  "journald short": (dump) =>
    eachLine(dump, (line, n) => [`Jan ${n > 300 ? "12" : " 2"} 03:04:${two(n)} host-1 api[1234]: ${line}`]),
  "journald JSON": (dump) =>
    eachLine(dump, (line, n) => [
      JSON.stringify({ _PID: "7", __REALTIME_TIMESTAMP: `${n}`, MESSAGE: line, PRIORITY: "6" }),
    ]),
  "rsyslog with #011": (dump) =>
    eachLine(dump, (line, n) => [`${time(n)} host api[77]: ${line.replaceAll("\t", "#011")}`]),
  "rsyslog with all in one message": (dump) =>
    `${time(1)} host api[77]: ${dump.replace(/\n$/, "").replaceAll("\t", "#011").replaceAll("\n", "#012")}\n`,
  "syslog with priority": (dump) =>
    eachLine(dump, (line, n) => [`<11>Feb  3 10:20:${two(n)} web api: ${line}`]),
  "kubectl --timestamps --prefix": (dump) =>
    eachLine(dump, (line, n) => [`[pod/api-6d4cf56db6-x2vzq/api] ${time(n)} ${line}`]),
  "GitHub Actions": (dump) =>
    eachLine(dump, (line, n) => [`2026-01-02T03:04:${two(n)}.${String(1_000_000 + n)}Z ${line}`]),
  "zap JSON, the stack in one field": (dump) =>
    `{"level":"info","msg":"up"}\n${JSON.stringify({ level: "error", ts: 1.5, msg: "hung", stack: dump })}\n{"level":"info","msg":"down"}\n`,
  "logrus text, the stack in one field": (dump) =>
    `time="2026-01-02T03:04:05Z" level=info msg=up\ntime="2026-01-02T03:04:05Z" level=error stack=${JSON.stringify(dump)}\n`,
  "fluent-bit's stdout": (dump) =>
    eachLine(dump, (line, n) => [
      `[${n}] kube.api: [[1767323045.${String(n).padStart(9, "0")}, {}], {"stream"=>"stderr", "log"=>${JSON.stringify(line).replaceAll("#{", "\\#{")}}]`,
    ]),
  "fluentd's hash, as Ruby 3.4 writes it": (dump) =>
    eachLine(dump, (line, n) => [
      `2026-01-02 03:04:05.${String(n).padStart(9, "0")} +0000 api.log: {"log" => ${JSON.stringify(line)}, "n" => 1}`,
    ]),
  "a shipper's fields behind every line": (dump) =>
    eachLine(dump, (line) => [`${line} service=api pod=api-6d4c`]),
  "a shipper's fields behind every line but blank ones": (dump) =>
    eachLine(dump, (line) => [line === "" ? line : `${line} | host=web-1`]),
  "a shipper's fields behind every line, a time before it": (dump) =>
    eachLine(dump, (line, n) => [`${time(n)} ${line} host=web-1 env="a b"`]),
  "one JSON string": (dump) => JSON.stringify(dump),
  "a list of lines": (dump) => `${JSON.stringify({ lines: dump.replace(/\n$/, "").split("\n") }, null, 4)}\n`,
  "copied out of a field, escaped": (dump) => `${JSON.stringify(dump).slice(1, -1)}\n`,
  "escaped without quotes, behind a time": (dump) =>
    `${time(1)} INFO up\n${time(2)} ERROR hung\\n${JSON.stringify(dump).slice(1, -1)}\n${time(3)} INFO down\n`,
  "copied out of a page, blanks that don't break": (dump) =>
    dump.replaceAll(" ", "\u00a0").replaceAll("\t", "\u00a0\u00a0\u00a0\u00a0"),
  "a saved page": (dump) =>
    `<html><head></head><body><pre style="word-wrap: break-word;">${entities(dump)}</pre></body></html>\n`,
  "entities of a page": entities,
  "a page whose lines end in <br>": (dump) =>
    `<html><body><p>${blanks(dump).replaceAll("\n", "<br />\n")}</p></body></html>\n`,
  "a page whose lines end in <br>, all on one line": (dump) =>
    `<html><body><div class="a">${blanks(dump).replaceAll("\n", "<br>")}</div></body></html>\n`,
  "a page with a <div> for each line": (dump) =>
    `<html><body>${eachLine(dump, (line) => [`<div dir="ltr">${blanks(line)}</div>`]).replaceAll("\n", "")}</body></html>\n`,
  "JUnit XML": (dump) => junit(xml(dump)),
  "JUnit XML, line ends as they are": (dump) => junit(xml(dump).replaceAll("&#xA;", "\n")),
  "JUnit XML, text of megabytes before": (dump) =>
    junit(`${"served a &lt; b&#xA;".repeat(80_000)}${xml(dump)}`),
  "JUnit XML, CDATA": (dump) => junit(`<![CDATA[${dump}]]>`),
  "padded with blanks": (dump) => eachLine(dump, (line) => [line.padEnd(120)]),
  "pretty-printed JSON": (dump) =>
    JSON.stringify({ insertId: "x", textPayload: dump, labels: { a: "b" } }, null, 2),
  "zap JSON in docker's": (dump) =>
    `${JSON.stringify({ log: `${JSON.stringify({ level: "error", stacktrace: dump })}\n`, stream: "stdout" })}\n`,
  "zap JSON in docker's, parted at 16 KiB": (dump) =>
    eachLine(zapLog(dump), (line, n) =>
      pieces(`${line}\n`, 16_384).map((part) =>
        JSON.stringify({ log: part, stream: "stderr", time: time(n) }),
      ),
    ),
  "zap JSON in CRI's parts": (dump) =>
    eachLine(zapLog(dump), (line, n) =>
      pieces(line, 16_384).map(
        (part, i, all) => `${time(n)} stderr ${i + 1 < all.length ? "P" : "F"} ${part}`,
      ),
    ),
  "go test -json": (dump) =>
    eachLine(dump, (line) =>
      pieces(`${line}\n`, 4096).map((part) =>
        JSON.stringify({ Time: time(1), Action: "output", Package: "a.b/c", Test: "TestX", Output: part }),
      ),
    ),
  "multilog and s6-log, stamped as TAI64N": (dump) =>
    eachLine(dump, (line, n) => [
      `@4000000069591234${((n * 7_919_000) % 1e9).toString(16).padStart(8, "0")} ${line}`,
    ]),
  "GitLab with timestamps": (dump) => eachLine(dump, (line, n) => [`${time(n)} 00E ${line}`]),
  "gh run view --log": (dump) =>
    eachLine(dump, (line, n) => [`test\tRun go test ./...\t\ufeff${time(n)} ${line}`]),
  "grep -n": (dump) =>
    eachLine(dump, (line, n) => [`${n + 98}${line.startsWith("goroutine ") ? ":" : "-"}${line}`]),
  "CRI in kubectl's prefix": (dump) => eachLine(dump, (line, n) => [`[pod/a/b] ${time(n)} stderr F ${line}`]),
  "indented by four spaces": (dump) => eachLine(dump, (line) => [`    ${line}`]),
  "indented by a tab, blank lines trimmed": (dump) => eachLine(dump, (line) => [`\t${line}`.trimEnd()]),
  "a test's log": (dump) =>
    eachLine(`dump:\n${dump}`, (line, n) => [n === 0 ? `    a_test.go:7: ${line}` : `        ${line}`]),
  "a test's log, the dump from its first line on": (dump) =>
    eachLine(dump, (line, n) => [n === 0 ? `        a_test.go:7: ${line}` : `            ${line}`]),
  "a test's log in kubectl's prefix": (dump) =>
    eachLine(dump, (line, n) => [`[pod/a/b] ${n === 0 ? `    a_test.go:7: ${line}` : `        ${line}`}`]),
  "colours around every line": (dump) => eachLine(dump, (line) => [`\u001b[31m${line}\u001b[0m`]),
  "lines of another process between": (dump) =>
    eachLine(dump, (line, n) => [`web-1  | ${line}`, ...(n % 7 === 0 ? [`db-1   | ${n} connections`] : [])]),
  "after a long log in JSON": (dump) => `${jsonLog}${dump}`,
  "zap JSON after a long log": (dump) => `${jsonLog}${zapLog(dump)}`,
  "zap JSON behind a field of megabytes": (dump) =>
    `${JSON.stringify({ level: "error", body: 'goroutine 3 [x] "said\\'.repeat(60_000), stack: dump })}\n`,
  "zap JSON behind a field of megabytes, in docker's": (dump) =>
    eachLine(JSON.stringify({ level: "error", body: '"\\'.repeat(300_000), stack: dump }), (line, n) =>
      pieces(`${line}\n`, 16_384).map((part) =>
        JSON.stringify({ log: part, stream: "stderr", time: time(n) }),
      ),
    ),
  "docker's after a long log": (dump) =>
    eachLine(`${jsonLog}${dump}`, (line, n) => [
      JSON.stringify({ log: `${line}\n`, stream: "stderr", time: time(n) }),
    ]),
  "after a long log": (dump) =>
    `${Array.from({ length: 4000 }, (_, n) => `${time(n)} INFO request ${n} served`).join("\n")}\n${dump}`,
  "after a long log, with its prefix": (dump) =>
    eachLine(`${"INFO request served\n".repeat(4000)}${dump}`, (line, n) => [`${time(n)} api ${line}`]),
};

function entities(text: string): string {
  const named: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&#34;",
    "'": "&#39;",
    "+": "&#43;",
  };
  return text.replace(/[&<>"'+]/g, (c) => named[c]!);
}

function blanks(text: string): string {
  return entities(text).replaceAll("\t", "&nbsp;&nbsp;&nbsp;&nbsp;");
}

/** As Go's encoder writes text. */
function xml(text: string): string {
  const code = (c: string) => c.charCodeAt(0).toString(16).toUpperCase();
  return entities(text).replace(/[\t\n\r]/g, (c) => `&#x${code(c)};`);
}

function junit(text: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="1" failures="1" errors="0" time="0.01">
\t<testsuite tests="1" failures="1" name="ex.org/a">
\t\t<testcase classname="ex.org/a" name="TestDead" time="0.000000">
\t\t\t<failure message="Failed" type="">${text}</failure>
\t\t</testcase>
\t</testsuite>
</testsuites>
`;
}

const jsonLog = Array.from(
  { length: 1500 },
  (_, n) => `{"level":"info","ts":${n}.5,"msg":"request served","result":"ok","path":"/v1/items/${n}"}\n`,
).join("");

function zapLog(dump: string): string {
  return `{"level":"info","msg":"up"}\n${JSON.stringify({ level: "error", msg: "goroutine 7 [select] hung", stack: dump })}\n{"level":"info","msg":"down"}\n`;
}

function eachLine(dump: string, wrap: (line: string, n: number) => readonly string[]): string {
  return `${dump
    .replace(/\n$/, "")
    .split("\n")
    .flatMap((line, n) => wrap(line, n))
    .join("\n")}\n`;
}

function pieces(line: string, length: number): string[] {
  const parts = [line.slice(0, length)];
  for (let at = length; at < line.length; at += length) parts.push(line.slice(at, at + length));
  return parts;
}

const two = (n: number) => String(n % 60).padStart(2, "0");

/** Go leaves the zeros at the end of a fraction out, and the whole fraction when it is zero. */
function time(n: number): string {
  const fraction =
    n % 5 === 0
      ? ""
      : `.${
          String((n * 7919) % 1_000_000)
            .padStart(6, "0")
            .replace(/0+$/, "") || "5"
        }`;
  return `2026-01-02T03:04:${two(n)}${fraction}Z`;
}
