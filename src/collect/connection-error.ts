import { InputError } from "../errors.ts";

/**
 * What went wrong with a server, as far as it decides what to try next.
 * `refused`, `broken` and `busy` may pass; `missing` says that the server lacks what was asked for.
 */
export type ConnectionFailure =
  | "refused"
  | "broken"
  | "busy"
  | "unanswered"
  | "slow"
  | "too-large"
  | "missing"
  | "forbidden"
  | "not-mine";

const passing: ReadonlySet<ConnectionFailure> = new Set(["refused", "broken", "busy"]);

/** A server that can't be reached, or whose answer is no dump. Exit code 3, as for any input that can't be read. */
export class ConnectionError extends InputError {
  readonly failure: ConnectionFailure;

  constructor(failure: ConnectionFailure, message: string, hint?: string) {
    super(message, hint === undefined ? {} : { hint });
    this.failure = failure;
  }

  /** True when the same request may succeed in a moment. */
  get mayPass(): boolean {
    return passing.has(this.failure);
  }
}
