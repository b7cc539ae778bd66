import { count, participating, plural } from "../describe.ts";
import type { Names } from "../paths.ts";
import type { Finding, ReportEvidence, ReportRole } from "../report.ts";
import { certaintyClass, findingPicture, legendOf } from "../svg/picture.ts";
import { clip, type Markup, markup, rawMarkup } from "./markup.ts";
import { stackMarkup } from "./stack.ts";
import { breakable, prose, withCode } from "./words.ts";

/** How a finding stands on the page. */
interface Standing {
  readonly open: boolean;
  /** Where links lead. */
  readonly id?: string;
  /** Of its heading. */
  readonly level?: 3 | 5;
}

/** A finding, folded under its title; the first of a report is open. Symptoms follow inside, one level deeper. */
export function findingMarkup(finding: Finding, names: Names, { open, id, level = 3 }: Standing): Markup {
  const heading = rawMarkup(`h${level}`);
  const sub = rawMarkup(`h${level + 1}`);
  return markup`<article${id !== undefined && markup` id="${id}"`} class="finding ${finding.severity}${finding.status === "new" ? "" : " known"}"><details${open && rawMarkup(" open")}>
<summary><span class="tag ${finding.severity}">${finding.severity}</span><${heading} class="title">${withCode(clip(finding.title || finding.ruleId || "Finding without a title"))}</${heading}>${summaryFacts(finding)}<span class="said">${withCode(clip(names.prose(finding.message)))}</span></summary>
<div class="body">
<div class="lead">${prose(clip(names.prose(finding.message), 2000))}</div>
${statusMarkup(finding)}
<div class="what">${pictureMarkup(finding, sub)}${evidenceMarkup(finding, names, sub)}</div>
${finding.roles.length > 0 && markup`<div class="roles">${finding.roles.map((role) => roleMarkup(role, names, sub))}</div>`}
<div class="advice">
<div><${sub}>Fix</${sub}>${prose(clip(finding.fix, 4000))}</div>
<div><${sub}>Why</${sub}>${prose(clip(finding.why, 4000))}${referencesMarkup(finding.references)}</div>
</div>
${collectMarkup(finding, sub)}
${symptomsMarkup(finding, names, sub)}
<p class="fine muted"><span>rule <code>${breakable(clip(finding.ruleId))}</code></span><span>fingerprint <code>${clip(finding.fingerprint, 40)}</code></span><span>in ${clip(finding.dump)}</span></p>
</div></details></article>`;
}

function summaryFacts(finding: Finding): Markup {
  const goroutines = participating(finding).reduce((sum, role) => sum + role.count, 0);
  const facts = [
    goroutines > 0 && plural(goroutines, "goroutine"),
    `${finding.confidence} confidence`,
    finding.occurrences > 1 && `${count(finding.occurrences)} times`,
    finding.symptoms.length > 0 && `explains ${plural(finding.symptoms.length, "symptom")}`,
    `rank ${Math.round(finding.rank)}`,
  ].filter((fact) => fact !== false);
  const status = finding.status === "new" ? "" : finding.status === "baseline" ? "known" : "suppressed";
  return markup`<span class="facts">${facts.map((fact) => markup`<span>${fact}</span>`)}${status !== "" && markup`<span class="tag plain">${status}</span>`}</span>`;
}

function statusMarkup(finding: Finding): Markup | undefined {
  if (finding.status === "new") return undefined;
  const said = finding.status === "baseline" ? "In the baseline" : "Suppressed";
  return markup`<p class="status">${said}${finding.statusReason !== undefined && markup`: ${clip(finding.statusReason)}`}. It doesn't fail the gate.</p>`;
}

function pictureMarkup(finding: Finding, sub: Markup): Markup | undefined {
  const picture = findingPicture(finding);
  if (picture === undefined) return undefined;
  const of = finding.occurrences > 1 ? ` (one of ${count(finding.occurrences)} times)` : "";
  return markup`<figure class="picture"><figcaption><${sub}>Who waits for whom${of}</${sub}></figcaption><div class="scroll" tabindex="0" role="group" aria-label="Picture: who waits for whom">${picture}</div><ul class="legend" aria-label="Arrows">${legendOf(
    [finding],
  ).map(
    ({ style, name, meaning }) =>
      markup`<li><svg class="waitfor sample" width="34" height="10" aria-hidden="true"><g class="edge ${style}"><path class="line" d="M1 5h32"/></g></svg><b>${name}</b>: ${meaning}</li>`,
  )}</ul></figure>`;
}

function evidenceMarkup(finding: Finding, names: Names, sub: Markup): Markup | undefined {
  if (finding.evidence.length === 0) return undefined;
  return markup`<div class="evidence"><${sub}>Evidence</${sub}><ul>${finding.evidence.map((evidence) => evidenceItem(evidence, names))}</ul></div>`;
}

function evidenceItem(evidence: ReportEvidence, names: Names): Markup {
  return markup`<li class="${certaintyClass(evidence.certainty)}"><span class="certainty">${evidence.certainty}</span> <span>${withCode(clip(names.prose(evidence.text), 2000))}</span></li>`;
}

function roleMarkup(role: ReportRole, names: Names, sub: Markup): Markup {
  const omitted =
    role.stacksOmitted > 0 &&
    markup`<p class="muted">${plural(role.stacksOmitted, "more distinct stack")} not listed</p>`;
  return markup`<div class="role"><${sub}>${withCode(clip(role.title === "" ? role.name : role.title))} <span class="muted">${count(role.count)}×${role.confirmed ? "" : ", not confirmed"}</span></${sub}>${role.stacks.map(
    (stack) => stackMarkup(stack, names, true),
  )}${omitted}</div>`;
}

/** Only web addresses become links; whatever else a rule's author wrote is shown as text. */
function referencesMarkup(references: readonly string[]): Markup | undefined {
  if (references.length === 0) return undefined;
  return markup`<ul class="references" aria-label="References">${references.map((reference) =>
    /^https?:\/\/[^\s]+$/i.test(reference)
      ? markup`<li><a href="${reference}" rel="noopener noreferrer">${breakable(clip(reference.replace(/^https?:\/\//i, ""), 120))}</a></li>`
      : markup`<li>${clip(reference)}</li>`,
  )}</ul>`;
}

function collectMarkup(finding: Finding, sub: Markup): Markup | undefined {
  if (finding.collectWith === undefined) return undefined;
  return markup`<div class="collect"><${sub}>To be surer</${sub}><p>Not in this dump: ${withCode(clip(finding.collectWith.missing, 1000))}. This collects it:</p>${commandMarkup(finding.collectWith.command)}</div>`;
}

/** A command to copy. */
export function commandMarkup(command: string): Markup {
  return markup`<div class="command"><pre tabindex="0" role="group" aria-label="Command"><code>${clip(command, 2000)}</code></pre></div>`;
}

/** Symptoms of one finding that are shown whole. */
const mostSymptoms = 25;

function symptomsMarkup(finding: Finding, names: Names, sub: Markup): Markup | undefined {
  const { symptoms } = finding;
  if (symptoms.length === 0) return undefined;
  // HTML has no deeper headings: symptoms of symptoms have those of symptoms.
  const nested = symptoms
    .slice(0, mostSymptoms)
    .map((symptom) => findingMarkup(symptom, names, { open: false, level: 5 }));
  return markup`<div class="symptoms"><${sub}>It explains ${plural(symptoms.length, "symptom")}</${sub}>${nested}${inLines(symptoms.slice(mostSymptoms), "symptom", names)}</div>`;
}

/** Lines of what is not shown whole; beyond them there is the JSON report. */
const mostLines = 500;

/** Findings, a line each, folded. */
export function inLines(findings: readonly Finding[], noun: string, names: Names): Markup | undefined {
  if (findings.length === 0) return undefined;
  const left = findings.length - mostLines;
  const lines = findings
    .slice(0, mostLines)
    .map(
      (finding) =>
        markup`<li><span class="tag ${finding.severity}">${finding.severity}</span> ${withCode(clip(names.prose(finding.message)))} <span class="muted">${finding.confidence} confidence, rank ${Math.round(finding.rank)}</span></li>`,
    );
  return markup`<details class="lines"><summary>${plural(findings.length, `more ${noun}`)}, a line each</summary><ul>${lines}</ul>${left > 0 && markup`<p class="muted">${plural(left, `more ${noun}`)}: see the JSON report.</p>`}</details>`;
}
