import { UsageError } from "../errors.ts";
import type { Reporter } from "./report.ts";

/** Each format in its own module, loaded only when it is asked for. */
const loaders = {
  text: () => import("./text.ts"),
  json: () => import("./json.ts"),
  ndjson: () => import("./ndjson.ts"),
  html: () => import("./html.ts"),
  sarif: () => import("./sarif.ts"),
  junit: () => import("./junit.ts"),
  github: () => import("./github.ts"),
  gitlab: () => import("./gitlab.ts"),
  markdown: () => import("./markdown.ts"),
  prometheus: () => import("./prometheus.ts"),
  dot: () => import("./dot.ts"),
  svg: () => import("./svg.ts"),
  mermaid: () => import("./mermaid.ts"),
} satisfies Record<string, () => Promise<{ readonly reporter: Reporter }>>;

export type ReporterId = keyof typeof loaders;

/** Ids of all output formats, as `--format` takes them. */
export const reporterIds = Object.keys(loaders) as readonly ReporterId[];

/**
 * The reporter of a format.
 * @throws UsageError when there is none with that id
 */
export async function loadReporter(id: string): Promise<Reporter> {
  if (!Object.hasOwn(loaders, id)) {
    throw new UsageError(`unknown format ${JSON.stringify(id)}`, {
      hint: `formats: ${reporterIds.join(", ")}`,
    });
  }
  return (await loaders[id as ReporterId]()).reporter;
}
