import type { Role } from "../rules/rule.ts";
import type { Bindings } from "./condition.ts";

/** Told how a rule is matched, step by step; given only when somebody asks why, so that it costs nothing otherwise. */
export interface MatchTrace {
  /** A required role was joined to those before it: combinations before, tuples of the role, combinations after. */
  joined(role: Role, before: number, tuples: number, after: number): void;
  /** The members of a required role were counted for one combination. */
  counted(role: Role, bindings: Bindings, members: number, enough: boolean): void;
  /** Somebody plays a role that nobody may play, which ends this combination. */
  present(role: Role, bindings: Bindings, members: number): void;
  /** A combination was dropped by a condition of `unless`, given as written. */
  refuted(text: string, bindings: Bindings): void;
  /** Rings were looked for among so many tuples. */
  searched(role: Role, tuples: number, rings: number): void;
}
