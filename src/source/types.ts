import { type Binding, lookup } from "./binding.ts";
import { baseType, type GoFile, type GoFunction, type GoType, textOf } from "./go-file.ts";
import type { PackageView, SourceCode } from "./source-code.ts";
import { childIn, childrenIn, listed, type SyntaxNode, stripped } from "./syntax.ts";

/** Where code stands: decides what its names mean. */
export interface Place {
  readonly file: GoFile;
  readonly pkg: PackageView;
}

/** A type expression and where it stands. */
export interface TypeUse extends Place {
  readonly node: SyntaxNode;
}

/** A named type; its declaration is missing when its package is not in the roots. */
export interface NamedType {
  /** Package-qualified: `main.Metrics`, `sync.Mutex`. */
  readonly name: string;
  readonly declaration: GoType | undefined;
  readonly pkg: PackageView | undefined;
}

/** A struct's field, found directly or through embedded structs. */
export interface FoundField {
  /** The type that declares it, package-qualified. */
  readonly owner: string;
  readonly name: string;
  /** The embedded fields on the way, with the field itself: `inner.events`. */
  readonly path: string;
  readonly type: TypeUse;
}

/** A field as one struct has it, its path not yet known. */
type OwnField = Omit<FoundField, "path">;

const typeDepth = 12;

/** The types of expressions, as far as declarations in the roots show them. Unknown is undefined. */
export class Types {
  readonly code: SourceCode;

  constructor(code: SourceCode) {
    this.code = code;
  }

  /** The named type behind pointers and type arguments; undefined for `chan int`, `struct{…}` and the like. */
  named(use: TypeUse): NamedType | undefined {
    const base = baseType(use.node);
    if (base.type === "type_identifier" || base.type === "identifier") {
      const name = textOf(use.file, base);
      const declaration = this.code.typeOf(use.pkg, name, use.file);
      if (declaration?.alias === true) {
        const aliased = this.named({ ...use, file: declaration.file, node: declaration.node });
        if (aliased !== undefined) return aliased;
      }
      return { name: `${use.pkg.path}.${name}`, declaration, pkg: use.pkg };
    }
    if (base.type !== "qualified_type") return undefined;
    const path = this.code.imported(use.file, textOf(use.file, childIn(base, "package")!));
    const name = textOf(use.file, childIn(base, "name")!);
    if (path === undefined) return undefined;
    const pkg = this.code.packageAt(path);
    const declaration = pkg && this.code.typeOf(pkg, name, undefined);
    return { name: `${path}.${name}`, declaration, pkg };
  }

  /** The type without names and pointers: a struct, channel, map, slice, function … */
  underlying(use: TypeUse, depth = 0): TypeUse | undefined {
    const base = baseType(use.node);
    if (base.type !== "type_identifier" && base.type !== "identifier" && base.type !== "qualified_type")
      return { ...use, node: base };
    const named = this.named(use);
    if (named?.declaration === undefined || named.pkg === undefined || depth > typeDepth) return undefined;
    const declaration = named.declaration;
    return this.underlying({ node: declaration.node, file: declaration.file, pkg: named.pkg }, depth + 1);
  }

  /** The field of this name, embedded structs searched level by level; undefined when not visible. */
  field(use: TypeUse, name: string): FoundField | undefined {
    return this.#search(use, (owner, struct) => this.#ownField(owner, struct, name));
  }

  /** The embedded `sync` type that gives `T` its Lock, Wait and the like; as the field that it is. */
  embeddedSync(use: TypeUse, method: string): FoundField | undefined {
    return this.#search(use, (owner, struct) => {
      for (const field of fieldsOf(struct.node)) {
        if (childIn(field, "name") !== undefined) continue;
        const type = { ...struct, node: childIn(field, "type")! };
        const named = this.named(type);
        if (named !== undefined && hasSyncMethod(named.name, method))
          return { owner, name: named.name.slice(named.name.lastIndexOf(".") + 1), type };
      }
      return undefined;
    });
  }

  /** The method that `x.name()` calls, promoted ones included; undefined for interfaces and unknown types. */
  method(use: TypeUse, name: string): { readonly fn: GoFunction; readonly pkg: PackageView } | undefined {
    const own = this.#ownMethod(use, name);
    if (own !== undefined) return own;
    let found: { fn: GoFunction; pkg: PackageView } | undefined;
    this.#search(use, (_, struct) => {
      for (const field of fieldsOf(struct.node)) {
        if (found !== undefined || childIn(field, "name") !== undefined) continue;
        found = this.#ownMethod({ ...struct, node: childIn(field, "type")! }, name);
      }
      return found && { owner: "", name, type: use };
    });
    return found;
  }

  /** The type of an expression. */
  of(expression: SyntaxNode, place: Place, depth = 0): TypeUse | undefined {
    if (depth > typeDepth) return undefined;
    const node = stripped(expression);
    switch (node.type) {
      case "identifier":
        return this.#ofIdentifier(node, place, depth);
      case "selector_expression":
        return this.#ofSelector(node, place, depth);
      case "composite_literal":
      case "type_conversion_expression":
      case "type_assertion_expression": {
        const type = childIn(node, "type");
        return type && { ...place, node: type };
      }
      case "call_expression":
        return this.ofCall(node, 0, place, depth);
      case "index_expression":
        return this.#elementOf(childIn(node, "operand"), place, depth);
      case "unary_expression": {
        const operand = childIn(node, "operand");
        if (childIn(node, "operator")?.type !== "<-" || operand === undefined) return undefined;
        return this.#elementOf(operand, place, depth);
      }
      default:
        return undefined;
    }
  }

  /** The type of a call's result number `result`. */
  ofCall(call: SyntaxNode, result: number, place: Place, depth = 0): TypeUse | undefined {
    const callee = childIn(call, "function");
    const first = childIn(call, "arguments")?.children.find((c) => c.type !== "comment");
    if (
      callee?.type === "identifier" &&
      lookup(place.file, callee, textOf(place.file, callee)) === undefined
    ) {
      const name = textOf(place.file, callee);
      if ((name === "new" || name === "make") && first !== undefined) return { ...place, node: first };
    }
    const target = this.callee(call, place, depth + 1);
    if (target !== undefined) return resultType(target.fn, result, target.pkg);
    return undefined;
  }

  /** The function that a call runs, when it is declared in the roots and not chosen at run time. */
  callee(
    call: SyntaxNode,
    place: Place,
    depth = 0,
  ): { readonly fn: GoFunction; readonly pkg: PackageView } | undefined {
    let callee = childIn(call, "function");
    if (callee === undefined) return undefined;
    callee = stripped(callee);
    if (callee.type === "func_literal") {
      const fn = place.file.functions.find((f) => f.node === callee);
      return fn && { fn, pkg: place.pkg };
    }
    if (callee.type === "index_expression") callee = childIn(callee, "operand") ?? callee;
    if (callee.type === "identifier") {
      const name = textOf(place.file, callee);
      if (lookup(place.file, callee, name) !== undefined) return undefined;
      const fn = this.code.functionOf(place.pkg, "", name, place.file);
      return fn && { fn, pkg: place.pkg };
    }
    if (callee.type !== "selector_expression") return undefined;
    const name = textOf(place.file, childIn(callee, "field")!);
    const operand = childIn(callee, "operand")!;
    const imported = this.importedBy(operand, place);
    if (imported !== undefined) {
      const pkg = this.code.packageAt(imported);
      const fn = pkg && this.code.functionOf(pkg, "", name, undefined);
      return fn && { fn, pkg };
    }
    const type = this.of(operand, place, depth + 1);
    return type && this.method(type, name);
  }

  /** Import path when the expression is a package's name. */
  importedBy(expression: SyntaxNode, place: Place): string | undefined {
    if (expression.type !== "identifier") return undefined;
    const name = textOf(place.file, expression);
    if (lookup(place.file, expression, name) !== undefined) return undefined;
    return this.code.imported(place.file, name);
  }

  #ofIdentifier(node: SyntaxNode, place: Place, depth: number): TypeUse | undefined {
    const name = textOf(place.file, node);
    const binding = lookup(place.file, node, name);
    if (binding !== undefined) return this.ofBinding(binding, place, depth + 1);
    const variable = this.code.variableOf(place.pkg, name, place.file);
    if (variable === undefined) return undefined;
    const at = { file: variable.file, pkg: place.pkg };
    if (variable.type !== undefined) return { ...at, node: variable.type };
    return variable.value && this.of(variable.value, at, depth + 1);
  }

  /** The type of a local variable or parameter. */
  ofBinding(binding: Binding, place: Place, depth = 0): TypeUse | undefined {
    if (binding.type !== undefined) return { ...place, node: binding.type };
    if (binding.value === undefined) return undefined;
    if (binding.ranged === "value") return this.#elementOf(binding.value, place, depth);
    if (binding.ranged === "key") {
      const over = this.of(binding.value, place, depth + 1);
      const type = over && this.underlying(over);
      return type?.node.type === "channel_type" ? elementType(type) : undefined;
    }
    const value = stripped(binding.value);
    if (binding.result > 0) {
      return value.type === "call_expression" ? this.ofCall(value, binding.result, place, depth) : undefined;
    }
    return this.of(value, place, depth + 1);
  }

  #ofSelector(node: SyntaxNode, place: Place, depth: number): TypeUse | undefined {
    const operand = childIn(node, "operand")!;
    const name = textOf(place.file, childIn(node, "field")!);
    const imported = this.importedBy(operand, place);
    if (imported !== undefined) {
      const pkg = this.code.packageAt(imported);
      const variable = pkg && this.code.variableOf(pkg, name, undefined);
      return variable?.type && { node: variable.type, file: variable.file, pkg: pkg! };
    }
    const type = this.of(operand, place, depth + 1);
    return type && this.field(type, name)?.type;
  }

  #elementOf(expression: SyntaxNode | undefined, place: Place, depth: number): TypeUse | undefined {
    const over = expression && this.of(expression, place, depth + 1);
    const type = over && this.underlying(over);
    return type && elementType(type);
  }

  #ownField(owner: string, struct: TypeUse, name: string): OwnField | undefined {
    for (const field of fieldsOf(struct.node)) {
      const type = childIn(field, "type");
      if (type === undefined) continue;
      const names = childrenIn(field, "name").map((n) => textOf(struct.file, n));
      const embedded = names.length === 0 ? lastName(struct.file, type) : undefined;
      if (names.includes(name) || embedded === name) return { owner, name, type: { ...struct, node: type } };
    }
    return undefined;
  }

  #ownMethod(use: TypeUse, name: string): { fn: GoFunction; pkg: PackageView } | undefined {
    const named = this.named(use);
    if (named?.pkg === undefined) return undefined;
    const receiver = named.name.slice(named.name.lastIndexOf(".") + 1);
    const fn = this.code.functionOf(named.pkg, receiver, name, named.declaration?.file ?? use.file);
    return fn && { fn, pkg: named.pkg };
  }

  /** Structs level by level: the type itself, then what it embeds, then what these embed. */
  #search(
    use: TypeUse,
    find: (owner: string, struct: TypeUse) => OwnField | undefined,
  ): FoundField | undefined {
    let level: readonly { readonly type: TypeUse; readonly path: string }[] = [{ type: use, path: "" }];
    for (let depth = 0; depth < 5 && level.length > 0 && level.length < 64; depth++) {
      const next: { type: TypeUse; path: string }[] = [];
      for (const { type, path } of level) {
        const struct = this.underlying(type);
        if (struct?.node.type !== "struct_type") continue;
        const found = find(this.named(type)?.name ?? "", struct);
        if (found !== undefined) return { ...found, path: path + found.name };
        for (const field of fieldsOf(struct.node)) {
          const embedded = childIn(field, "type");
          if (embedded === undefined || childIn(field, "name") !== undefined) continue;
          const name = lastName(struct.file, embedded);
          next.push({ type: { ...struct, node: embedded }, path: `${path}${name}.` });
        }
      }
      level = next;
    }
    return undefined;
  }
}

const syncMethods: Readonly<Record<string, readonly string[]>> = {
  "sync.Mutex": ["Lock", "Unlock", "TryLock"],
  "sync.RWMutex": ["Lock", "Unlock", "RLock", "RUnlock", "TryLock", "TryRLock"],
  "sync.Locker": ["Lock", "Unlock"],
  "sync.WaitGroup": ["Wait", "Done", "Add", "Go"],
  "sync.Cond": ["Wait", "Signal", "Broadcast"],
  "sync.Once": ["Do"],
};

/** True when the `sync` type of this name has the method. */
export function hasSyncMethod(type: string, method: string): boolean {
  return Object.hasOwn(syncMethods, type) && syncMethods[type]!.includes(method);
}

function fieldsOf(struct: SyntaxNode): readonly SyntaxNode[] {
  if (struct.type !== "struct_type") return [];
  const list = struct.children.find((c) => c.type === "field_declaration_list");
  return list === undefined ? [] : list.children.filter((c) => c.type === "field_declaration");
}

function lastName(file: GoFile, type: SyntaxNode): string {
  const base = baseType(type);
  const name = base.type === "qualified_type" ? childIn(base, "name")! : base;
  return textOf(file, name);
}

function elementType(type: TypeUse): TypeUse | undefined {
  const node = childIn(type.node, "value") ?? childIn(type.node, "element");
  return node && { ...type, node };
}

function resultType(fn: GoFunction, index: number, pkg: PackageView): TypeUse | undefined {
  const result = childIn(fn.node, "result");
  if (result === undefined) return undefined;
  if (result.type !== "parameter_list") return index === 0 ? { node: result, file: fn.file, pkg } : undefined;
  let at = 0;
  for (const declaration of result.children) {
    const type = childIn(declaration, "type");
    const count = Math.max(1, childrenIn(declaration, "name").length);
    if (type !== undefined && index < at + count) return { node: type, file: fn.file, pkg };
    at += count;
  }
  return undefined;
}

/** The only `return x` of a function whose body is nothing else. */
export function onlyReturned(fn: GoFunction): SyntaxNode | undefined {
  const statements = childIn(fn.node, "body")?.children.filter((c) => c.type === "statement_list") ?? [];
  const all = statements.flatMap((s) => s.children).filter((c) => c.type !== "comment");
  if (all.length !== 1 || all[0]!.type !== "return_statement") return undefined;
  const values = all[0]!.children.flatMap((c) => listed(c));
  return values.length === 1 ? values[0] : undefined;
}
