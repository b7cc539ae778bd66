import { rangeTest } from "./range.ts";
import type { RoleCompiler } from "./role-compiler.ts";
import type { When } from "./rule.ts";
import type { JoinSource, WhenSource } from "./rule-source.ts";

/** Compiles a question about a match; `ladder`: `joined-by` of the rule. */
export function compileWhen(
  source: WhenSource,
  path: string,
  roles: RoleCompiler,
  ladder: readonly JoinSource[],
): When {
  const parts = Object.entries(source).map(([key, value]) =>
    whenPart(key, value, `${path}/${key}`, roles, ladder),
  );
  return parts.length === 1 ? parts[0]! : { kind: "all", of: parts };
}

function whenPart(
  key: string,
  value: unknown,
  path: string,
  roles: RoleCompiler,
  ladder: readonly JoinSource[],
): When {
  if (key === "confirmed") {
    return { kind: "confirmed", variables: [value].flat().map((v) => roles.variable(String(v), path)) };
  }
  if (key === "joined")
    return { kind: "joined", step: joinStep([value].flat().map(String), path, roles, ladder) };
  if (key === "none") return { kind: "none", role: roles.roleNamed(String(value), path) };
  if (key === "all" || key === "any") {
    return {
      kind: key,
      of: (value as WhenSource[]).map((w, i) => compileWhen(w, `${path}/${i}`, roles, ladder)),
    };
  }
  if (key === "not") return { kind: "not", of: [compileWhen(value as WhenSource, path, roles, ladder)] };
  const { role, count, ...rest } = value as Record<string, unknown>;
  const named = roles.roleNamed(String(role), `${path}/role`);
  if (key === "count") {
    const { beyond = [], ...range } = rest;
    const others = [beyond].flat().map((name) => roles.roleNamed(String(name), `${path}/beyond`));
    return { kind: key, role: named, beyond: others, test: rangeTest(range, roles, path) };
  }
  if (key === "share") return { kind: key, role: named, test: rangeTest(rest, roles, path) };
  const condition = roles.furtherCondition(rest, path);
  if (key === "every") return { kind: "every", role: named, condition };
  return {
    kind: "some",
    role: named,
    condition,
    count: count === undefined ? (n) => n >= 1 : rangeTest(count, roles, `${path}/count`),
  };
}

function joinStep(
  variables: readonly string[],
  path: string,
  roles: RoleCompiler,
  ladder: readonly JoinSource[],
): number {
  const wanted = variables.map((v) => roles.variable(v, path)).join(",");
  const step = ladder.findIndex(
    (s) =>
      [s.on]
        .flat()
        .map((v) => v.replace(/^\$/, ""))
        .join(",") === wanted,
  );
  if (step < 0) roles.problem(path, `joined-by has no step on ${variables.join(", ")}`);
  return step;
}
