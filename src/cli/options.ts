import { availableParallelism } from "node:os";
import type { Options } from "yargs";
import { formatIds } from "../model/dump.ts";
import { defaultMaxFiles } from "../read/containers/budget.ts";
import { confidences } from "../report/report.ts";

const inputGroup = "Input:";
const ruleGroup = "Rules:";
const gateGroup = "Gate:";
const outputGroup = "Output:";

/** Options of every command that reads dumps. */
export const inputOptions = {
  "input-format": {
    type: "string",
    choices: formatIds,
    group: inputGroup,
    describe: "Read every input as this format instead of judging by its content",
  },
  "go-version": {
    type: "string",
    group: inputGroup,
    describe: "Go version of the dumped program, such as go1.24, where the dump does not say it",
  },
  threads: {
    type: "number",
    default: Math.min(4, availableParallelism()),
    group: inputGroup,
    describe: "Worker threads for big files",
  },
  "max-decompressed-bytes": {
    type: "string",
    requiresArg: true,
    default: "8GB",
    group: inputGroup,
    describe: "Most that one compressed input may unpack to; reading ends there",
  },
  "max-zstd-window": {
    type: "string",
    requiresArg: true,
    default: "128MB",
    group: inputGroup,
    describe: "Most memory that a Zstandard frame may ask for",
  },
  "max-files": {
    type: "number",
    requiresArg: true,
    default: defaultMaxFiles,
    group: inputGroup,
    describe: "Most files taken from one directory, pattern or archive",
  },
} as const satisfies Record<string, Options>;

/** Options of how dumps belong together. */
export const seriesOptions = {
  series: {
    type: "boolean",
    default: false,
    group: inputGroup,
    describe: "The dumps are snapshots of one process, oldest first",
  },
  before: {
    type: "string",
    requiresArg: true,
    group: inputGroup,
    describe: "Dump from before the load: what was there then is not a leak",
  },
} as const satisfies Record<string, Options>;

/** Options of every command that runs rules. */
export const ruleOptions = {
  config: {
    type: "string",
    group: ruleGroup,
    describe: "Configuration file instead of the nearest .deadlock-lint.yaml; --no-config for none",
  },
  rules: {
    type: "string",
    array: true,
    nargs: 1,
    group: ruleGroup,
    describe: "Rule file or directory; may be repeated",
  },
  "default-rules": { type: "boolean", default: true, group: ruleGroup, describe: "Run the built-in rules" },
  only: {
    type: "string",
    array: true,
    nargs: 1,
    group: ruleGroup,
    describe: "Run only this rule (id or glob)",
  },
  skip: {
    type: "string",
    array: true,
    nargs: 1,
    group: ruleGroup,
    describe: "Leave out this rule (id or glob)",
  },
  own: {
    type: "string",
    array: true,
    nargs: 1,
    group: ruleGroup,
    describe: "Packages that are the program's own (glob), such as example.com/shop/*",
  },
} as const satisfies Record<string, Options>;

/** Options that decide the exit code. */
export const gateOptions = {
  "fail-on": {
    choices: ["error", "warning", "info", "never"] as const,
    group: gateGroup,
    describe: "Lowest severity that fails the run; error unless the configuration says otherwise",
  },
  "min-confidence": {
    choices: confidences,
    group: gateGroup,
    describe: "Lowest confidence that fails the run; medium unless the configuration says otherwise",
  },
  "allow-partial": {
    type: "boolean",
    group: gateGroup,
    describe: "Incomplete input is a warning, not exit code 3",
  },
  baseline: {
    type: "string",
    requiresArg: true,
    group: gateGroup,
    describe: "File of known findings, which do not fail the run",
  },
  "strict-baseline": {
    type: "boolean",
    default: false,
    group: gateGroup,
    describe: "Fail when the baseline has entries that nothing matches any more",
  },
  "max-goroutines": {
    type: "number",
    requiresArg: true,
    group: gateGroup,
    describe: "Fail when a dump has more goroutines",
  },
  "max-blocked": {
    type: "number",
    requiresArg: true,
    group: gateGroup,
    describe: "Fail when a dump has more goroutines that wait for others",
  },
  "max-growth": {
    type: "string",
    requiresArg: true,
    group: gateGroup,
    describe: "Fail when goroutines grow by more (500 or 20%) from the first to the last snapshot",
  },
} as const satisfies Record<string, Options>;

/** Options of how findings are shown; none of them changes the exit code. */
export const outputOptions = {
  format: {
    type: "string",
    array: true,
    nargs: 1,
    default: ["text"],
    group: outputGroup,
    describe: "Report format, FORMAT or FORMAT=FILE; may be repeated",
  },
  "path-map": {
    type: "string",
    array: true,
    nargs: 1,
    group: outputGroup,
    describe: "Show files below FROM as below TO (FROM=TO), and find their source there; may be repeated",
  },
  "sarif-suppressed": {
    type: "boolean",
    default: false,
    group: outputGroup,
    describe: "Keep suppressed findings in SARIF",
  },
  color: { type: "boolean", group: outputGroup, describe: "Colour the text (also NO_COLOR, FORCE_COLOR)" },
  verbose: {
    type: "boolean",
    default: false,
    group: outputGroup,
    describe: "Show whole stacks and all evidence",
  },
  "show-benign": {
    type: "boolean",
    default: false,
    group: outputGroup,
    describe: "List the goroutines that were set aside as benign (also with --verbose)",
  },
  quiet: {
    type: "boolean",
    default: false,
    group: outputGroup,
    describe: "Say nothing but findings and errors",
  },
  "max-findings": {
    type: "number",
    default: 50,
    group: outputGroup,
    describe: "Show at most so many findings in formats for people; 0 for all",
  },
} as const satisfies Record<string, Options>;
