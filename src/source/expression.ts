import { assignmentsTo, type Binding, functionNodeOf, lookup } from "./binding.ts";
import { type GoFile, type GoFunction, textOf } from "./go-file.ts";
import { childIn, listed, type SyntaxNode, stripped } from "./syntax.ts";
import { type FoundField, onlyReturned, type Place, type Types, type TypeUse } from "./types.ts";

/**
 * Which channel, lock or group an expression names, as far as the source shows it.
 * Equal keys: the same field of the same type (perhaps of another instance), the same package variable,
 * the same local variable. Different keys may still hold one object.
 */
export interface ExpressionIdentity {
  readonly kind: "field" | "package-variable" | "parameter" | "local" | "unknown";
  /** Canonical: `main.Metrics.inChannel`, `main.queue`, `main.serve#done@12`; "" when unknown. */
  readonly key: string;
  /** As the source writes it: `m.inChannel`. */
  readonly text: string;
  /** What it is, in words: `field inChannel of main.Metrics`. */
  readonly description: string;
  /** The variable where the expression starts, and the fields from there: tells instances apart. */
  readonly base: ExpressionBase | undefined;
  /** A local variable or parameter of a function around the one that uses it. */
  readonly captured: boolean;
  /** Where it is declared: for locals, parameters and their captures. */
  readonly binding: Binding | undefined;
  readonly place: Place;
  /** Static type, where visible. */
  readonly type: TypeUse | undefined;
}

export interface ExpressionBase {
  /** Receiver, parameter or local; undefined for a package variable. */
  readonly binding: Binding | undefined;
  /** `in` for `m.in`; "" for the variable itself. */
  readonly path: string;
}

const depthLimit = 8;

/** Resolves expressions to identities. */
export class Expressions {
  readonly types: Types;

  constructor(types: Types) {
    this.types = types;
  }

  /** The identity of an expression where it stands. */
  identify(expression: SyntaxNode, place: Place, depth = 0): ExpressionIdentity {
    const node = stripped(expression);
    if (depth > depthLimit) return unknownExpression(node, place, "too indirect");
    switch (node.type) {
      case "identifier":
        return this.#identifier(node, place, depth);
      case "selector_expression":
        return this.#selector(node, place, depth);
      case "call_expression":
        return this.#call(node, place, depth);
      case "type_conversion_expression": {
        const operand = childIn(node, "operand");
        return operand === undefined
          ? unknownExpression(node, place)
          : this.identify(operand, place, depth + 1);
      }
      default:
        return unknownExpression(node, place);
    }
  }

  /** The lock, group or Once that `x.method()` acts on: `x` itself, or what it embeds; undefined when `x` has an own method of the name. */
  receiverOf(operand: SyntaxNode, method: string, place: Place): ExpressionIdentity | undefined {
    const self = this.identify(operand, place);
    const type = self.type ?? this.types.of(operand, place);
    if (type === undefined) return self;
    if (this.types.method(type, method) !== undefined) return undefined;
    const embedded = this.types.embeddedSync(type, method);
    if (embedded === undefined) return self;
    return fieldIdentity(embedded, stripped(operand), place, self);
  }

  #identifier(node: SyntaxNode, place: Place, depth: number): ExpressionIdentity {
    const name = textOf(place.file, node);
    const binding = lookup(place.file, node, name);
    if (binding === undefined) return this.#packageVariable(name, node, place, place.pkg.path);
    const alias = this.#aliased(binding, place, depth);
    if (alias !== undefined) return { ...alias, text: name };
    const functionNode = functionNodeOf(node);
    const type = this.types.ofBinding(binding, place);
    const kind = binding.kind === "parameter" ? "parameter" : "local";
    const scope = scopeName(binding, place.file);
    return {
      kind,
      key: `${place.pkg.path}.${scope}#${name}@${binding.node.line}:${binding.node.from}`,
      text: name,
      description: `${binding.kind === "parameter" ? "parameter" : "local variable"} ${name} of ${place.pkg.path}.${scope}`,
      base: { binding, path: "" },
      captured: functionNode !== undefined && functionNode !== binding.functionNode,
      binding,
      place,
      type,
    };
  }

  #packageVariable(name: string, node: SyntaxNode, place: Place, packagePath: string): ExpressionIdentity {
    const variable = this.types.code.variableOf(place.pkg, name, place.file);
    if (variable === undefined) return unknownExpression(node, place, "not declared in the source roots");
    return {
      kind: "package-variable",
      key: `${packagePath}.${name}`,
      text: name,
      description: `package variable ${packagePath}.${name}`,
      base: { binding: undefined, path: "" },
      captured: false,
      binding: undefined,
      place,
      type: this.types.of(node, place),
    };
  }

  /** What a local variable stands for when it is only ever set from one field or package variable. */
  #aliased(binding: Binding, place: Place, depth: number): ExpressionIdentity | undefined {
    if (binding.kind !== "local" || binding.result !== 0 || binding.ranged !== "") return undefined;
    const later = assignmentsTo(place.file, binding);
    if (!later.complete) return undefined;
    const values = [...(binding.value === undefined ? [] : [binding.value]), ...later.values].filter(
      (v) => v.type !== "nil",
    );
    if (values.length === 0 || values.length > 8) return undefined;
    let same: ExpressionIdentity | undefined;
    for (const value of values) {
      const identity = this.#source(value, place, depth + 1);
      if (identity === undefined || (same !== undefined && same.key !== identity.key)) return undefined;
      same = identity;
    }
    return same;
  }

  /** The identity behind an assigned value, when that is not made on the spot or copied out of a struct by value. */
  #source(value: SyntaxNode, place: Place, depth: number): ExpressionIdentity | undefined {
    const node = stripped(value);
    if (node.type !== "identifier" && node.type !== "selector_expression" && node.type !== "call_expression")
      return undefined;
    const identity = this.identify(value, place, depth);
    return identity.kind === "unknown" ? undefined : identity;
  }

  #selector(node: SyntaxNode, place: Place, depth: number): ExpressionIdentity {
    const operand = childIn(node, "operand")!;
    const name = textOf(place.file, childIn(node, "field")!);
    const imported = this.types.importedBy(operand, place);
    if (imported !== undefined) return importedVariable(node, name, imported, place);
    const outer = this.identify(operand, place, depth + 1);
    const type = outer.type ?? this.types.of(operand, place);
    if (type !== undefined) {
      const field = this.types.field(type, name);
      if (field !== undefined && field.owner !== "") return fieldIdentity(field, node, place, outer);
      const named = this.types.named(type);
      // A promoted field of a type that is not at hand would have another owner.
      if (field === undefined && named !== undefined && named.declaration === undefined && outer.key !== "")
        return fieldIdentity({ owner: named.name, name, path: name, type: undefined }, node, place, outer);
      if (field !== undefined && outer.key !== "") return pathIdentity(outer, name, node, place, field.type);
      return unknownExpression(node, place, "the field's struct can't be seen");
    }
    if (outer.key === "") return unknownExpression(node, place, outer.description);
    return pathIdentity(outer, name, node, place, undefined);
  }

  /** A call of a function that does nothing but return a field: what it returns. */
  #call(node: SyntaxNode, place: Place, depth: number): ExpressionIdentity {
    const callee = this.types.callee(node, place);
    const returned = callee && onlyReturned(callee.fn);
    if (callee === undefined || returned === undefined)
      return unknownExpression(node, place, "result of a call");
    const inner = this.identify(returned, { file: callee.fn.file, pkg: callee.pkg }, depth + 1);
    if (inner.kind !== "field" && inner.kind !== "package-variable")
      return unknownExpression(node, place, "result of a call");
    return { ...inner, text: textOf(place.file, node), base: undefined };
  }
}

/** An expression that names nothing we can follow; `why` says what stands in the way. */
export function unknownExpression(
  node: SyntaxNode,
  place: Place,
  why = "not a name or field",
): ExpressionIdentity {
  return {
    kind: "unknown",
    key: "",
    text: shortText(place.file, node),
    description: why,
    base: undefined,
    captured: false,
    binding: undefined,
    place,
    type: undefined,
  };
}

function fieldIdentity(
  field: Omit<FoundField, "type"> & { readonly type: TypeUse | undefined },
  node: SyntaxNode,
  place: Place,
  outer: ExpressionIdentity,
): ExpressionIdentity {
  return {
    kind: "field",
    key: `${field.owner}.${field.name}`,
    text: shortText(place.file, node),
    description: `field ${field.name} of ${field.owner}`,
    base: outer.base && { binding: outer.base.binding, path: joined(outer.base.path, field.path) },
    captured: outer.captured,
    binding: undefined,
    place,
    type: field.type,
  };
}

/** A field of a variable whose type has no name, or is not visible: known by the variable and the path. */
function pathIdentity(
  outer: ExpressionIdentity,
  name: string,
  node: SyntaxNode,
  place: Place,
  type: TypeUse | undefined,
): ExpressionIdentity {
  return {
    ...outer,
    key: `${outer.key}.${name}`,
    text: shortText(place.file, node),
    description: `${name} of ${outer.description}`,
    base: outer.base && { binding: outer.base.binding, path: joined(outer.base.path, name) },
    binding: undefined,
    type,
  };
}

function importedVariable(
  node: SyntaxNode,
  name: string,
  packagePath: string,
  place: Place,
): ExpressionIdentity {
  return {
    kind: "package-variable",
    key: `${packagePath}.${name}`,
    text: shortText(place.file, node),
    description: `package variable ${packagePath}.${name}`,
    base: { binding: undefined, path: "" },
    captured: false,
    binding: undefined,
    place,
    type: undefined,
  };
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Name of the declared function around a binding, `.func` for literals. */
function scopeName(binding: Binding, file: GoFile): string {
  const owner = ownerOf(binding, file);
  if (owner === undefined) return "func";
  let at: GoFunction = owner;
  let literals = "";
  while (at.outer !== undefined) {
    literals += ".func";
    at = at.outer;
  }
  if (at.name === "") return `init${literals}.func`;
  return `${at.receiver === "" ? "" : `${at.pointerReceiver ? `(*${at.receiver})` : at.receiver}.`}${at.name}${literals}`;
}

function ownerOf(binding: Binding, file: GoFile): GoFunction | undefined {
  return file.functions.find((f) => f.node === binding.functionNode);
}

/** Source text on one line, at most 60 characters. */
export function shortText(file: GoFile, node: SyntaxNode): string {
  const text = textOf(file, node)
    .split("\n")
    .map((l) => l.trim())
    .join(" ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Where a channel is made. */
export interface MakeSite {
  readonly file: string;
  readonly line: number;
  /** 1-based, in UTF-16 units: tells two on one line apart. */
  readonly column: number;
  /** Constant capacity; undefined when it is an expression. */
  readonly capacity: number | undefined;
  /** The capacity as written; "" for none. */
  readonly text: string;
}

/** `make(chan T, n)` as a MakeSite; undefined for all else. */
export function makeSite(expression: SyntaxNode, file: GoFile): MakeSite | undefined {
  const node = stripped(expression);
  if (node.type !== "call_expression" || childIn(node, "function") === undefined) return undefined;
  if (textOf(file, childIn(node, "function")!) !== "make") return undefined;
  const args = (childIn(node, "arguments")?.children ?? []).filter((c) => c.type !== "comment");
  const type = args[0] && stripped(args[0]);
  if (type === undefined || (type.type !== "channel_type" && args.length > 2)) return undefined;
  const size = args[1];
  const text = size === undefined ? "" : shortText(file, size);
  const capacity =
    size === undefined ? 0 : size.type === "int_literal" ? Number(text.replaceAll("_", "")) : undefined;
  return {
    file: file.path,
    line: node.line,
    column: node.from - file.text.lastIndexOf("\n", node.from - 1),
    capacity: capacity !== undefined && Number.isFinite(capacity) ? capacity : undefined,
    text,
  };
}

/** Values of a struct literal's field, keyed ones only. */
export function keyedValues(literal: SyntaxNode, file: GoFile, field: string): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const element of childIn(literal, "body")?.children ?? []) {
    if (element.type !== "keyed_element") continue;
    const key = childIn(element, "key");
    const value = childIn(element, "value");
    if (key === undefined || value === undefined || textOf(file, key) !== field) continue;
    found.push(...(value.type === "literal_element" ? value.children.flatMap((c) => listed(c)) : [value]));
  }
  return found;
}
