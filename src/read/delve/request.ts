import { numberOf, objectOf } from "./api.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";

/** An object without members. */
export const nothing: JsonObject = new Map();

/** The first parameter; in API v1 it may be no object. */
export function paramsOf(request: JsonObject | undefined): JsonObject {
  const params = request?.get("params");
  return (Array.isArray(params) ? objectOf(params[0] as JsonValue) : objectOf(params)) ?? nothing;
}

/** Delve's filter for goroutines that the runtime has not started for itself: nothing that matters is left out. */
const ofUser = 7;

/** Whether a request asks for a list of some goroutines only. */
export function asksAboutSome(request: JsonObject | undefined): boolean {
  const params = paramsOf(request);
  const filters = params.get("Filters");
  const some = Array.isArray(filters) && filters.some((filter) => !isUsers(objectOf(filter as JsonValue)));
  return some || (numberOf(params.get("GroupBy")) ?? 0) > 0;
}

function isUsers(filter: JsonObject | undefined): boolean {
  return numberOf(filter?.get("Kind")) === ofUser && filter?.get("Negated") !== true;
}

/** The goroutine that a request asks about; `undefined` for one about others or the whole program. */
export function goroutineIdOf(request: JsonObject | undefined): number | undefined {
  const params = paramsOf(request);
  const scope = objectOf(params.get("Scope"));
  const id = numberOf(params.get("Id")) ?? numberOf(scope?.get("GoroutineID"));
  return id !== undefined && id > 0 ? id : undefined;
}

/** An answer of which only the result was saved. */
export function enveloped(members: JsonObject): JsonObject {
  return new Map<string, JsonValue>([["result", members]]);
}

/** Whether an answer is one that does not say which goroutine it is of: a stack, or what an expression is. */
export function needsRequest(members: JsonObject): boolean {
  const result = objectOf(members.get("result"));
  return (
    result !== undefined && (result.has("Locations") || result.has("Variable") || result.has("realType"))
  );
}
