// Turns rules/*.yaml into dist/rules/builtin.json and rules/benign into benign.json, so that a run needs neither YAML nor schema for the built-in rules.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { load } from "js-yaml";

const rules = new URL("../rules/", import.meta.url);
const target = new URL("../dist/rules/", import.meta.url);

/** Also vitest's global set-up: the tests run the sources, which read the built-in rules as the build writes them. */
export function setup() {
  mkdirSync(target, { recursive: true });
  writeFileSync(new URL("builtin.json", target), JSON.stringify(packs()));
  writeFileSync(new URL("benign.json", target), JSON.stringify(benign()));
}

const benign = () => load(readFileSync(new URL("benign/benign.yaml", rules), "utf8")).benign;

const packs = () =>
  readdirSync(rules)
    .filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"))
    .sort()
    .map((name) => {
      const file = load(readFileSync(new URL(name, rules), "utf8"), { filename: name });
      return {
        file: `rules/${name}`,
        defaults: file.defaults ?? {},
        define: file.define ?? {},
        rules: (file.rules ?? []).map(({ tests: _, ...rule }) => rule),
      };
    });

if (process.argv[1]?.endsWith("build-rules.mjs")) setup();
