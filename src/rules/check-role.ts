import { type WaitKind, waitClasses } from "../model/wait-kind.ts";
import { waitKindsOf } from "./predicates/wait.ts";
import type { RoleSource } from "./rule-source.ts";

/** A doubt about a role, at a place below it. */
export interface RoleDoubt {
  readonly path: string;
  readonly message: string;
  readonly hint: string;
  readonly severity: "error" | "warning";
}

/** Conditions that ask for one kind of resource, and the waits in which a goroutine can be blocked on it. */
const waitsOfResource: Readonly<Record<string, ReadonlySet<WaitKind>>> = {
  channel: new Set<WaitKind>(["chan-send", "chan-receive", "parked"]),
  lock: new Set<WaitKind>([...waitClasses.lock, "parked"]),
};

/** Conditions that leave out most stacks at once; a role with none of them is asked of every stack. */
const indexed: ReadonlySet<string> = new Set([
  "wait",
  "at",
  "top",
  "entry",
  "frame",
  "stack",
  "created-by",
  "labels",
  "leaked",
  "system",
  "is",
  "any",
  "all",
  "holds",
  "reenters",
  "channel",
  "lock",
  "waits-for",
  "growth",
  "persists",
  "before",
]);

/** Waits that no goroutine can have together with the other conditions, and roles that nothing narrows down. */
export function roleDoubts(name: string, role: RoleSource): RoleDoubt[] {
  const kinds = kindsOf(role.wait);
  const out: RoleDoubt[] = [];
  for (const [key, possible] of Object.entries(waitsOfResource)) {
    if (role[key] === undefined || kinds === undefined || kinds.some((k) => possible.has(k))) continue;
    out.push({
      path: `/${key}`,
      message: `nobody can play ${name}: in wait ${kinds.join(", ")} a goroutine is not blocked on a ${key}`,
      hint: `wait: ${key === "channel" ? "chan-send or chan-receive" : "lock"}, or waits-for instead of ${key}`,
      severity: "error",
    });
  }
  const excluded = [role.not].flat().flatMap((n) => onlyWait(n));
  if (kinds?.every((k) => excluded.includes(k))) {
    out.push({
      path: "/not",
      message: `nobody can play ${name}: not leaves out every wait that it asks for`,
      hint: "take one of the two out",
      severity: "error",
    });
  }
  for (const key of ["count", "share"] as const)
    if (role.witness === true && role[key] !== undefined)
      out.push({
        path: `/${key}`,
        message: `${key} of a witness means nothing: the first that is found is enough`,
        hint: `take it out, or say optional: true in place of witness`,
        severity: "error",
      });
  const isNeeded = role.absent !== true && role.optional !== true && role.witness !== true;
  if (isNeeded && !Object.keys(role).some((key) => indexed.has(key))) {
    out.push({
      path: "",
      message: `role ${name} is asked of every goroutine: slow on large dumps`,
      hint: "say what it waits for (wait) or a frame that it has (at, entry, frame)",
      severity: "warning",
    });
  }
  return out;
}

function kindsOf(wait: unknown): readonly WaitKind[] | undefined {
  return wait === undefined ? undefined : [wait].flat().flatMap((n) => [...waitKindsOf(String(n))]);
}

/** Waits that a negated object leaves out whatever else holds. */
function onlyWait(negated: unknown): readonly WaitKind[] {
  if (typeof negated !== "object" || negated === null || Object.keys(negated).length !== 1) return [];
  return kindsOf((negated as { readonly wait?: unknown }).wait) ?? [];
}
