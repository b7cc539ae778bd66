import type { Match } from "../match/match.ts";
import { capabilityTitles } from "../model/dump.ts";
import { minutes, plural } from "../report/describe.ts";
import type { ReportEvidence } from "../report/report.ts";
import type { VariableKind } from "../rules/predicates/predicate.ts";
import { longestWait, showValue } from "./message.ts";
import { sourceEvidence } from "./source-evidence.ts";

/** What speaks for a match and what does not, each with its certainty. */
export function evidenceOf(match: Match): ReportEvidence[] {
  return [
    ...roleEvidence(match),
    ...joinEvidence(match),
    ...sourceEvidence(match),
    ...absenceEvidence(match),
  ];
}

const inferredWait = "what for is not in this profile: it follows from the order of the runtime's code";

function roleEvidence(match: Match): ReportEvidence[] {
  return match.roles.map((players) => {
    const longest = longestWait(match, players);
    const waited = longest > 0 ? `, for up to ${minutes(longest)}` : "";
    const { role } = players;
    const text = `${role.name}: ${plural(players.count, "goroutine")}, ${role.title}${waited}`;
    const { dump, infersWaits } = match.facts;
    return infersWaits && players.members.some(({ group }) => dump.stacks[group.stackIndex]!.waitInferred)
      ? { text: `${text}; ${inferredWait}`, certainty: "inferred" }
      : { text, certainty: "observed" };
  });
}

const sharedWords: Readonly<Record<VariableKind, string>> = {
  text: "name",
  line: "line",
  file: "file",
  address: "address",
  id: "goroutine",
  expression: "expression in the source",
  made: "place where the channel is made",
};

/** What joins the roles: confirmed variables are observed, ladder steps by name are inferred. */
function joinEvidence(match: Match): ReportEvidence[] {
  const { rule, bindings } = match;
  const out: ReportEvidence[] = [];
  const shared = [...rule.variables].filter(
    ([name]) => rule.roles.filter((r) => r.kind === "required" && r.variables.has(name)).length > 1,
  );
  for (const [name, kind] of shared) {
    if (match.confirmed.has(name)) {
      const what = sharedWords[kind];
      out.push({
        text: `the roles share one ${what}: ${showValue(bindings[name], kind)}`,
        certainty: kind === "address" ? "observed" : "inferred",
      });
    } else if (kind === "address") {
      const known = bindings[name] !== undefined;
      out.push({
        text: known
          ? `the address ${showValue(bindings[name], kind)} is known for some of them only`
          : "the address of what they wait for is not in this dump",
        certainty: "unknown",
      });
    }
  }
  const held =
    match.ring === undefined ? undefined : "who holds a lock is inferred from pointers in outer frames";
  if (held !== undefined) out.push({ text: held, certainty: "inferred" });
  return out;
}

function absenceEvidence(match: Match): ReportEvidence[] {
  const out: ReportEvidence[] = [];
  for (const role of match.rule.roles) {
    const open = match.notRuledOut.find((n) => n.role === role);
    if (open !== undefined) {
      const lacking = role.needs
        .filter((n) => !match.facts.dump.capabilities.has(n))
        .map((n) => capabilityTitles[n]);
      const why = lacking.length > 0 ? ` (this dump does not show ${lacking.join(", ")})` : "";
      out.push({
        text: `${role.title}: ${plural(open.count, "goroutine")} might be${why}`,
        certainty: "not ruled out",
      });
    } else if (match.nobody.has(role.name)) {
      out.push({ text: `nobody is ${role.title}`, certainty: "inferred" });
    }
  }
  return out;
}
