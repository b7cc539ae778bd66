import type { ParamSource, RuleSource } from "./rule-source.ts";
import { nearest } from "./spelling.ts";

/** What is wrong with one value that is given for a parameter. */
export interface ParamProblem {
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A declared parameter, the short form written out. */
export function declaredParam(declared: number | string | boolean | ParamSource): ParamSource {
  return typeof declared === "object" ? declared : { default: declared };
}

/** Checks values for a rule's parameters: names, types, ranges. */
export function checkParams(source: RuleSource, given: Readonly<Record<string, unknown>>): ParamProblem[] {
  const params = source.params ?? {};
  return Object.entries(given).flatMap(([name, value]) => {
    if (!Object.hasOwn(params, name)) {
      const hint = nearest(name, Object.keys(params));
      const known =
        Object.keys(params).length === 0 ? "it has none" : `it has ${Object.keys(params).join(", ")}`;
      return [
        {
          name,
          message: `rule ${source.id} has no parameter ${name}`,
          hint: hint === undefined ? known : `did you mean ${hint}?`,
        },
      ];
    }
    const message = valueProblem(name, value, declaredParam(params[name]!));
    return message === undefined ? [] : [{ name, message, hint: declaredParam(params[name]!).description }];
  });
}

/** What is wrong with a value, the default included; `undefined`: nothing. */
export function valueProblem(name: string, value: unknown, param: ParamSource): string | undefined {
  if (typeof value !== typeof param.default)
    return `parameter ${name} must be a ${typeof param.default}, not ${JSON.stringify(value)}`;
  if (typeof value !== "number") return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = param;
  if (value >= min && value <= max) return undefined;
  return `parameter ${name} is ${value}, outside ${param.min ?? "…"} to ${param.max ?? "…"}`;
}
