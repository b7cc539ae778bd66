/** A Go function name, taken apart once; interned per dump. */
export interface GoSymbol {
  /** As the dump writes it: `main.(*Pool[...]).run.func1`. */
  readonly name: string;
  /** Package path as the linker writes it, `%2e` and the like decoded: `gopkg.in/yaml.v3`. */
  readonly package: string;
  /** Package-qualified receiver type without type arguments, `main.(*Pool)` or `main.Pool`; "" for functions. */
  readonly type: string;
  /** Function or method name with its closures, without type arguments: `run.func1`. */
  readonly method: string;
  /** `name` without type arguments, what globs match: `main.(*Pool).run.func1`. */
  readonly plain: string;
  /** `plain` up to the closure suffix, wrappers removed: `main.(*Pool).run`. */
  readonly outer: string;
  /** One that the compiler makes for `go f(x)`, `defer f(x)` and method values: `.gowrap1`, `-fm`, `·dwrap·1`. */
  readonly wrapper: boolean;
}

/** Removes `[...]` type arguments, nested ones too. Linear; brackets that don't pair are kept. */
function withoutTypeArguments(name: string): string {
  if (!name.includes("[")) return name;
  let out = "";
  let depth = 0;
  let start = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c === 91) {
      if (depth++ === 0) {
        out += name.slice(start, i);
        start = i;
      }
    } else if (c === 93 && depth > 0 && --depth === 0) start = i + 1;
  }
  return out + name.slice(start);
}

const closure = /^(?:func\d+|gowrap\d+|deferwrap\d+|\d+|-fm|glob\.|init|func\d+-range\d+)$/;

/** Index at which closure parts (`.func1`, `.gowrap2`, `.1`, `-fm`, `-range1`, `·dwrap·3`) begin in a method name. */
function closureStart(method: string): number {
  if (!mayHaveClosure(method)) return method.length;
  const dot = method.indexOf("·dwrap·");
  if (dot >= 0) return dot;
  const parts = method.split(".");
  let length = (parts[0] ?? "").replace(/(?:-fm|-range\d+)+$/, "").length;
  if (length < (parts[0] ?? "").length) return length;
  for (const part of parts.slice(1)) {
    if (closure.test(part) || /^func\d+(?:-range\d+)?$/.test(part)) break;
    length += 1 + part.length;
  }
  return length;
}

/** Whether a name has a character with which closure parts may begin; most have none. */
function mayHaveClosure(method: string): boolean {
  for (let i = 0; i < method.length; i++) {
    const code = method.charCodeAt(i);
    if (code === 46 || code === 45 || code > 127) return true;
  }
  return false;
}

/** Undoes the linker's `%xx` escapes of a package path; text that is none stays. */
function decodePackage(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}

/** A function that the compiler makes for a type without a name. */
function isStruct(name: string): boolean {
  return name.startsWith("go") && (name.startsWith(":struct", 2) || name.startsWith(".struct", 2));
}

/**
 * Takes a Go function name apart.
 * Package = text up to the first `.` after the last `/` that is outside brackets and parentheses.
 */
export function parseSymbol(name: string): GoSymbol {
  const plainRaw = withoutTypeArguments(name);
  const paren = plainRaw.indexOf("(");
  const slash = plainRaw.lastIndexOf("/", paren < 0 ? undefined : paren);
  const dot = plainRaw.indexOf(".", slash + 1);
  if (dot < 0 || isStruct(plainRaw)) {
    const wrapper = isWrapper(plainRaw);
    return { name, package: "", type: "", method: plainRaw, plain: plainRaw, outer: plainRaw, wrapper };
  }
  const pkg = decodePackage(plainRaw.slice(0, dot));
  const rest = plainRaw.slice(dot + 1);
  // Strings that are equal are the same string where that is easy: there may be as many symbols as goroutines.
  const plain = pkg.length === dot ? plainRaw : `${pkg}.${rest}`;
  const { type, method } = splitReceiver(rest);
  const qualified = type === "" ? "" : plain.slice(0, pkg.length + 1 + type.length);
  const end = closureStart(method);
  return {
    name,
    package: pkg,
    type: qualified,
    method,
    plain,
    outer: end === method.length ? plain : plain.slice(0, plain.length - method.length + end),
    wrapper: isWrapper(plain),
  };
}

/** `(*T).m.func1` and `T.m` have a receiver; `f`, `f.func1`, `init.0`, `glob..func1` have none. */
function splitReceiver(rest: string): { type: string; method: string } {
  if (rest.startsWith("(")) {
    const close = rest.indexOf(")");
    if (close > 0 && rest[close + 1] === ".") {
      return { type: rest.slice(0, close + 1), method: rest.slice(close + 2) };
    }
    return { type: "", method: rest };
  }
  const dot = rest.indexOf(".");
  if (dot <= 0) return { type: "", method: rest };
  const end = rest.indexOf(".", dot + 1);
  const next = rest.slice(dot + 1, end < 0 ? undefined : end);
  if (next === "" || closure.test(next) || rest.startsWith("init.") || rest.startsWith("glob.")) {
    return { type: "", method: rest };
  }
  return { type: rest.slice(0, dot), method: rest.slice(dot + 1) };
}

const numberedWrappers = [".gowrap", ".deferwrap", "·dwrap·"];

function isWrapper(plain: string): boolean {
  let end = plain.length;
  while (end > 0 && isDigit(plain.charCodeAt(end - 1))) end--;
  if (end === plain.length) return plain.endsWith("-fm");
  return numberedWrappers.some((wrapper) => plain.endsWith(wrapper, end));
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/**
 * A Go name without the directories of its package: `example.com/shop/pool.(*Pool).Get` → `pool.(*Pool).Get`; a major
 * version keeps the name before it, `pool/v2.New`.
 */
export function shortFunction(name: string): string {
  // Type arguments hold further names.
  return name
    .split(/([[\](),*;{} ])/)
    .map((part) => {
      let slash = part.lastIndexOf("/");
      if (slash > 0 && /^v\d+\./.test(part.slice(slash + 1))) slash = part.lastIndexOf("/", slash - 1);
      return part.slice(slash + 1);
    })
    .join("");
}
