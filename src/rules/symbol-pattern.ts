import { isRegexp } from "./pattern.ts";

/** What keeps a pattern from matching any Go name, and what to write instead. */
export interface PatternProblem {
  readonly message: string;
  readonly hint: string;
}

/** Properties of a frame that are Go names. */
const qualified: ReadonlySet<string> = new Set(["function", "outer", "type"]);
const names: ReadonlySet<string> = new Set([...qualified, "package", "method"]);

/** Whether a pattern over a property of a frame can match any Go name; captures are not judged. */
export function symbolProblem(property: string, pattern: string): PatternProblem | undefined {
  if (!names.has(property) || /^[$@]/.test(pattern)) return undefined;
  return isRegexp(pattern) ? regexpProblem(property, pattern) : globProblem(property, pattern);
}

/**
 * Looks at what a regular expression demands to the letter. Alternatives, groups and classes are left alone: they may
 * match something else.
 */
function regexpProblem(property: string, pattern: string): PatternProblem | undefined {
  const body = pattern.slice(1, -1);
  if (/[|([]/.test(body.replace(/\\./g, ""))) return undefined;
  const wholly = /^\^((?:[\w/*-]|\\[.()*])+)\$$/.exec(body);
  if (wholly !== null) {
    const glob = wholly[1]!.replaceAll("\\", "");
    const problem = wholly[1]!.replace(/\\./g, "").includes("*") ? undefined : globProblem(property, glob);
    if (problem !== undefined)
      return { ...problem, message: problem.message.replace(JSON.stringify(glob), pattern) };
  }
  const demanded = /(?:\\[st]|[ ;"'!&=]|::)(?![?*{])/.exec(body)?.[0];
  if (demanded === undefined) return undefined;
  return {
    message: `${pattern} matches no Go name: none has ${demanded === " " ? "a space" : demanded}`,
    hint: "names are written as main.(*Pool).get or main.run.func1",
  };
}

function globProblem(property: string, pattern: string): PatternProblem | undefined {
  const quoted = JSON.stringify(pattern);
  if (/\s/.test(pattern))
    return { message: `${quoted} matches no Go name: none has a space`, hint: "write main.(*Pool).get" };
  if (pattern.includes("::"))
    return {
      message: `${quoted} matches no Go name: none has ::`,
      hint: "packages, types and methods are joined by a dot",
    };
  if (/\(\)$|\(\.\.\.\)$/.test(pattern))
    return {
      message: `${quoted} matches no Go name: a name has no arguments`,
      hint: "leave out the parentheses at the end",
    };
  if (/\((?!\*)/.test(pattern))
    return {
      message: `${quoted} matches no Go name: a parenthesis opens only before the star of a pointer receiver`,
      hint: "write main.(*Pool).get for a method of *Pool, main.Pool.get for one of Pool",
    };
  if (/\[.*\]/.test(pattern))
    return {
      message: `${quoted} matches nothing: names are compared without type arguments`,
      hint: "leave out the brackets",
    };
  if (qualified.has(property) && !/[.*]/.test(pattern.replace(/\(\*/g, "(")))
    return {
      message: `${quoted} matches no ${property}: they are written with their package`,
      hint: `write main.${pattern}, or *.${pattern} for any package`,
    };
  if (property === "method" && pattern.includes("/"))
    return {
      message: `${quoted} matches no method: a method is written without its package`,
      hint: "write Lock, or use function",
    };
  if (property === "package" && pattern.includes("("))
    return { message: `${quoted} matches no package`, hint: "write database/sql; types stand under type" };
  return undefined;
}
