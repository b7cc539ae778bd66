import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addressOfTarget, parseEndpoint, parsePprofTarget, readTargets } from "../../src/collect/target.ts";
import { UsageError } from "../../src/errors.ts";
import { temporaryDirectory } from "./servers.ts";

test.each([
  ["http://host:6060", "http://host:6060/debug/pprof/", "host:6060"],
  ["http://host:6060/", "http://host:6060/debug/pprof/", "host:6060"],
  ["http://host:6060/debug/pprof", "http://host:6060/debug/pprof/", "host:6060"],
  ["http://host:6060/debug/pprof/goroutine?debug=2", "http://host:6060/debug/pprof/", "host:6060"],
  ["https://host/admin/pprof/", "https://host/admin/pprof/", "host"],
  ["localhost:6060", "http://localhost:6060/debug/pprof/", "localhost:6060"],
  [":6060", "http://localhost:6060/debug/pprof/", "localhost:6060"],
  ["http://[::1]:6060/", "http://[::1]:6060/debug/pprof/", "[::1]:6060"],
  ["http://user:SECRET@host:80/?token=SECRET", "http://host/debug/pprof/", "host"],
  ["unix:///run/app.sock:/debug/pprof/", "unix:///run/app.sock:/debug/pprof/", "app.sock"],
  ["unix:/run/app.sock", "unix:///run/app.sock:/debug/pprof/", "app.sock"],
  ["http+unix://%2Frun%2Fapp.sock/x/pprof", "unix:///run/app.sock:/x/pprof/", "app.sock"],
])("%s is %s", (text, address, instance) => {
  const target = parsePprofTarget(text);
  expect(addressOfTarget(target)).toBe(address);
  expect(target.instance).toBe(instance);
});

test("user and password of a URL become a header", () => {
  expect(parsePprofTarget("http://us%40r:p%3Ass@host/").headers).toEqual({
    authorization: `Basic ${Buffer.from("us@r:p:ss").toString("base64")}`,
  });
});

test.each([
  "ftp://user:SECRET@host/",
  "http://",
  "user:SECRET@",
  "http://us er:SECRET@ho st/",
  "x?token=SECRET",
])("%s is refused without its secret", (text) => {
  expect(() => parsePprofTarget(text)).toThrow(UsageError);
  try {
    parsePprofTarget(text);
  } catch (error) {
    expect(`${(error as UsageError).message}${(error as UsageError).hint}`).not.toContain("SECRET");
  }
});

test.each([
  ["127.0.0.1:2345", { host: "127.0.0.1", port: 2345 }],
  [":2345", { host: "127.0.0.1", port: 2345 }],
  ["[::1]:2345", { host: "::1", port: 2345 }],
  ["unix:/tmp/dlv.sock", { socketPath: "/tmp/dlv.sock" }],
  ["unix:///tmp/dlv.sock", { socketPath: "/tmp/dlv.sock" }],
])("%s is an address of Delve", (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test.each(["2345", "host", "host:0", "host:70000", "http://host:2345", "unix:relative"])(
  "%s is no address of Delve",
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(UsageError);
  },
);

test("a targets file has comments; a bad line is named without its secret", async () => {
  const file = join(temporaryDirectory(), "targets.txt");
  writeFileSync(file, "# staging\r\n\r\nhttp://a:1\nhttp://b:2/debug/pprof/\n");
  expect((await readTargets(file)).map((t) => t.instance)).toEqual(["a:1", "b:2"]);
  writeFileSync(file, "http://a:1\nftp://user:SECRET@b\n");
  await expect(readTargets(file)).rejects.toThrow(`${file}:2: `);
  await expect(readTargets(file)).rejects.not.toThrow("SECRET");
  writeFileSync(file, "# none\n");
  await expect(readTargets(file)).rejects.toThrow("names no target");
  await expect(readTargets(`${file}.missing`)).rejects.toThrow(UsageError);
});
