import { assignmentsTo } from "./binding.ts";
import {
  type ExpressionIdentity,
  type Expressions,
  keyedValues,
  type MakeSite,
  makeSite,
} from "./expression.ts";
import { type GoFile, textOf } from "./go-file.ts";
import { childIn, listed, type SyntaxNode, stripped, walk } from "./syntax.ts";
import type { Place } from "./types.ts";

/** Where a channel comes from. */
export interface MakeSites {
  readonly sites: readonly MakeSite[];
  /** Nothing else is ever assigned to it, as far as its function or package shows. */
  readonly complete: boolean;
}

const none: MakeSites = { sites: [], complete: false };

/** Where the channel of an expression is made: the values of its variable, or of its field anywhere in the package. */
export function makeSitesOf(identity: ExpressionIdentity, expressions: Expressions): MakeSites {
  switch (identity.kind) {
    case "local":
      return identity.binding === undefined ? none : ofLocal(identity);
    case "package-variable":
      return ofPackageVariable(identity, expressions);
    case "field":
      return ofField(identity, expressions);
    default:
      return none;
  }
}

/** Least and greatest constant capacity; undefined when any is not constant or not all are known. */
export function capacityOf(makes: MakeSites): number | undefined {
  const capacities = makes.sites.map((s) => s.capacity);
  const first = capacities[0];
  if (!makes.complete || first === undefined) return undefined;
  return capacities.every((c) => c === first) ? first : undefined;
}

function ofLocal(identity: ExpressionIdentity): MakeSites {
  const { file } = identity.place;
  const binding = identity.binding!;
  const later = assignmentsTo(file, binding);
  const values = [...(binding.value === undefined ? [] : [binding.value]), ...later.values];
  return sitesOf(values, file, later.complete && binding.kind === "local" && binding.result === 0);
}

function sitesOf(values: readonly SyntaxNode[], file: GoFile, complete: boolean): MakeSites {
  const sites = values.map((v) => makeSite(v, file));
  const found = sites.filter((s) => s !== undefined);
  return { sites: found, complete: complete && found.length > 0 && found.length === sites.length };
}

function ofPackageVariable(identity: ExpressionIdentity, expressions: Expressions): MakeSites {
  const { place } = identity;
  const name = identity.key.slice(place.pkg.path.length + 1);
  if (!identity.key.startsWith(`${place.pkg.path}.`)) return none;
  const { code } = expressions.types;
  const variable = code.variableOf(place.pkg, name, place.file);
  const results: MakeSites[] = variable?.value ? [sitesOf([variable.value], variable.file, true)] : [];
  results.push(...assigned(identity, name, place, expressions));
  return merged(results);
}

function ofField(identity: ExpressionIdentity, expressions: Expressions): MakeSites {
  const dot = identity.key.lastIndexOf(".");
  const owner = identity.key.slice(0, dot);
  const name = identity.key.slice(dot + 1);
  const { place } = identity;
  if (!owner.startsWith(`${place.pkg.path}.`)) return none;
  const { code } = expressions.types;
  const results: MakeSites[] = [];
  const typeName = owner.slice(place.pkg.path.length + 1);
  for (const file of code.filesWith(place.pkg, [`${typeName}{`, `${typeName}[`], place.file)) {
    walk(file.root, (node) => {
      if (node.type !== "composite_literal") return undefined;
      const type = childIn(node, "type");
      if (type === undefined || expressions.types.named({ file, pkg: place.pkg, node: type })?.name !== owner)
        return undefined;
      const elements = childIn(node, "body")?.children ?? [];
      if (elements.some((e) => e.type === "literal_element")) results.push(none);
      const values = keyedValues(node, file, name);
      if (values.length > 0) results.push(ofValues(values, { file, pkg: place.pkg }, expressions));
      return undefined;
    });
  }
  results.push(...assigned(identity, name, place, expressions));
  return merged(results);
}

/** What assignments anywhere in the package give to a field or package variable. */
function assigned(
  identity: ExpressionIdentity,
  name: string,
  place: Place,
  expressions: Expressions,
): MakeSites[] {
  const results: MakeSites[] = [];
  for (const file of expressions.types.code.filesWith(
    place.pkg,
    [`${name} =`, `${name},`, `${name}, `],
    place.file,
  )) {
    const at = { file, pkg: place.pkg };
    walk(file.root, (node) => {
      if (node.type !== "assignment_statement") return undefined;
      const right = listed(childIn(node, "right"));
      listed(childIn(node, "left")).forEach((target, i, all) => {
        const last = target.type === "selector_expression" ? childIn(target, "field")! : target;
        if (textOf(file, last) !== name || expressions.identify(target, at).key !== identity.key) return;
        const value = right.length === all.length ? right[i] : undefined;
        results.push(value === undefined ? none : ofValues([value], at, expressions));
      });
      return undefined;
    });
  }
  return results;
}

/** Values that may be a `make`, or a local variable made just before. */
function ofValues(values: readonly SyntaxNode[], place: Place, expressions: Expressions): MakeSites {
  return merged(
    values.map((value) => {
      if (stripped(value).type !== "identifier") return sitesOf([value], place.file, true);
      const identity = expressions.identify(value, place);
      return identity.kind === "local" ? ofLocal(identity) : none;
    }),
  );
}

function merged(results: readonly MakeSites[]): MakeSites {
  const sites = results.flatMap((r) => r.sites);
  const unique = sites.filter(
    (s, i) => sites.findIndex((t) => t.file === s.file && t.line === s.line && t.column === s.column) === i,
  );
  return { sites: unique, complete: unique.length > 0 && results.every((r) => r.complete) };
}
