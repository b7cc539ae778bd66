import { parseSymbol } from "../model/symbol.ts";
import { describeIds, describeWait, plural } from "./describe.ts";
import { sarifMessage, uriPath } from "./escape.ts";
import { isAbsolutePath, type Names, type placesOf, primaryFrame } from "./paths.ts";
import type {
  Finding,
  Report,
  ReportFrame,
  ReportRole,
  ReportSourceLine,
  ReportStack,
  Severity,
} from "./report.ts";

/** Levels of SARIF. */
export const sarifLevels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** What results are made with. */
export interface SarifPage {
  readonly report: Report;
  readonly placeOf: ReturnType<typeof placesOf>;
  readonly names: Names;
  readonly ruleIndex: ReadonlyMap<string, number>;
}

/** Thread flows of a result, and frames of a stack: GitHub shows no more, and files must stay below 10 MB. */
const mostThreadFlows = 10;
const mostFrames = 100;

/** One finding. `nth`: how many findings with this fingerprint came before, and itself. */
export function resultOf(finding: Finding, nth: number, page: SarifPage): object {
  const primary = primaryFrame(finding, page.placeOf);
  const roles = finding.roles.filter(({ stacks }) => stacks.some(({ frames }) => frames.length > 0));
  return {
    ruleId: finding.ruleId,
    ruleIndex: page.ruleIndex.get(finding.ruleId),
    level: sarifLevels[finding.severity],
    message: { text: messageOf(finding, page) },
    locations: [primary ? locationOf(primary, page) : { physicalLocation: dumpLocation(finding.dump) }],
    relatedLocations: relatedLocations(roles, primary, page),
    codeFlows: roles.length === 0 ? [] : [codeFlowOf(roles.slice(0, mostThreadFlows), page)],
    stacks: roles.map((role) => stackOf(role, role.stacks[0]!, page)),
    rank: Math.min(100, Math.max(0, finding.rank)),
    partialFingerprints: {
      primaryLocationLineHash: `${finding.fingerprint}:${nth}`,
      "deadlockLint/v1": finding.fingerprint,
    },
    ...(page.report.summary.baseline > 0
      ? { baselineState: finding.status === "baseline" ? "unchanged" : "new" }
      : {}),
    ...(finding.status === "suppressed"
      ? {
          suppressions: [{ kind: "external", status: "accepted", justification: finding.statusReason ?? "" }],
        }
      : {}),
    properties: {
      confidence: finding.confidence,
      dump: finding.dump,
      gated: finding.gated,
      occurrences: finding.occurrences,
      evidence: finding.evidence,
    },
  };
}

function messageOf(finding: Finding, { names }: SarifPage): string {
  const lines = [names.prose(finding.message)];
  for (const { certainty, text } of finding.evidence) lines.push(`${certainty}: ${names.prose(text)}`);
  for (const symptom of finding.symptoms)
    lines.push(`explains: ${symptom.ruleId}: ${names.prose(symptom.message)}`);
  if (finding.fix !== "") lines.push(`fix: ${finding.fix}`);
  if (finding.collectWith)
    lines.push(`missing: ${finding.collectWith.missing}; collect with: ${finding.collectWith.command}`);
  return sarifMessage(lines);
}

function dumpLocation(name: string): object {
  return { artifactLocation: { uri: uriPath(name) }, region: { startLine: 1 } };
}

const baseIds = { repository: "%SRCROOT%", goroot: "GOROOT", "module-cache": "GOMODCACHE" } as const;

function artifactOf(frame: ReportFrame, page: SarifPage): object {
  const { base, path } = page.placeOf(frame);
  if (base !== "elsewhere") return { uri: uriPath(path), uriBaseId: baseIds[base] };
  if (!isAbsolutePath(path)) return { uri: uriPath(path) };
  return {
    uri: path.startsWith("/") ? `file://${uriPath(path)}` : `file:///${uriPath(path).replace("%3A", ":")}`,
  };
}

/** A frame as a location: file, line and source where known, and always the function. */
function locationOf(frame: ReportFrame, page: SarifPage, text?: string): object {
  const name = frame.function === "" ? "unknown" : frame.function;
  return {
    ...(frame.file === ""
      ? {}
      : { physicalLocation: { artifactLocation: artifactOf(frame, page), ...regionsOf(frame) } }),
    logicalLocations: [{ fullyQualifiedName: name, kind: "function" }],
    ...(text === undefined ? {} : { message: { text: sarifMessage([text]) } }),
  };
}

function regionsOf(frame: ReportFrame): object {
  if (frame.line < 1) return {};
  const at = frame.source?.find(({ line }) => line === frame.line);
  const region = { startLine: frame.line, ...(at ? { snippet: { text: at.text } } : {}) };
  const lines = runAround(frame.source ?? [], frame.line);
  if (!at || lines.length < 2) return { region };
  const snippet = { text: lines.map(({ text }) => text).join("\n") };
  return { region, contextRegion: { startLine: lines[0]!.line, endLine: lines.at(-1)!.line, snippet } };
}

/** The lines that follow each other up to and behind the frame's own; others stand elsewhere in the function. */
function runAround(lines: readonly ReportSourceLine[], line: number): readonly ReportSourceLine[] {
  const at = lines.findIndex((l) => l.line === line);
  let first = at;
  let last = at;
  while (first > 0 && lines[first - 1]!.line === lines[first]!.line - 1) first--;
  while (last + 1 < lines.length && lines[last + 1]!.line === lines[last]!.line + 1) last++;
  return lines.slice(first, last + 1);
}

function describeRole(role: ReportRole, stack: ReportStack): string {
  const ids = describeIds(stack.goroutines, stack.count, 3);
  return `${role.name}: ${plural(role.count, "goroutine")}, ${describeWait(stack)}${ids === "" ? "" : ` (${ids})`}`;
}

/** Where the goroutines of each role stand, except for the one that the result itself points to. */
function relatedLocations(
  roles: readonly ReportRole[],
  primary: ReportFrame | undefined,
  page: SarifPage,
): object[] {
  return roles.flatMap((role, i) => {
    const frame = primaryFrame({ roles: [role] }, page.placeOf);
    if (frame === undefined || frame === primary) return [];
    return [{ id: i + 1, ...locationOf(frame, page, describeRole(role, role.stacks[0]!)) }];
  });
}

/** A thread flow a role: its most common stack in the order of the calls. */
function codeFlowOf(roles: readonly ReportRole[], page: SarifPage): object {
  return {
    message: { text: "How the goroutines of each role got where they are." },
    threadFlows: roles.map((role, i) => {
      const stack = role.stacks.find(({ frames }) => frames.length > 0)!;
      const calls = stack.frames.slice(0, mostFrames).reverse();
      return {
        id: `${i + 1}: ${role.name}`,
        message: { text: sarifMessage([describeRole(role, stack)]) },
        locations: calls.map((frame, depth) => ({
          location: locationOf(frame, page, callText(frame)),
          nestingLevel: depth,
          executionOrder: depth + 1,
          importance: frame.decisive ? "essential" : "unimportant",
        })),
      };
    }),
  };
}

/** What stands on the frame's line when the source says so, else the function. */
function callText(frame: ReportFrame): string {
  const note = frame.source?.find(({ line, note }) => line === frame.line && note !== undefined)?.note;
  const name = frame.function === "" ? "unknown function" : frame.function;
  return note === undefined ? name : `${name}: ${note}`;
}

function stackOf(role: ReportRole, stack: ReportStack, page: SarifPage): object {
  const omitted = stack.frames.length - mostFrames;
  const more = omitted > 0 ? `, without ${plural(omitted, "outer frame")}` : "";
  return {
    message: { text: sarifMessage([describeRole(role, stack) + more]) },
    frames: stack.frames.slice(0, mostFrames).map((frame) => {
      const module = parseSymbol(frame.function).package;
      return { location: locationOf(frame, page), ...(module === "" ? {} : { module }) };
    }),
  };
}
