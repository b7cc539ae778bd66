/** How long to wait for a server, milliseconds, and how much to take from it. */
export interface HttpLimits {
  /** Until the connection (with TLS) stands. */
  readonly connectMs: number;
  /** Until the first byte of the answer: a stopped world and a big heap take their time. */
  readonly answerMs: number;
  /** Between two chunks of the answer. */
  readonly idleMs: number;
  /** For the whole request. */
  readonly totalMs: number;
  /** Bytes of one answer. */
  readonly maxBytes: number;
}

export const defaultHttpLimits: HttpLimits = {
  connectMs: 5_000,
  answerMs: 30_000,
  idleMs: 15_000,
  totalMs: 180_000,
  maxBytes: 1024 ** 3,
};

/** How long to wait for Delve, milliseconds, and how much to take from it. */
export interface DelveLimits {
  readonly connectMs: number;
  /** Until the first answer, which any Delve gives at once. */
  readonly greetMs: number;
  /** Without a byte while answers are due: Delve may read much debug information before it answers. */
  readonly idleMs: number;
  /** Bytes of one answer. */
  readonly maxReplyBytes: number;
}

export const defaultDelveLimits: DelveLimits = {
  connectMs: 5_000,
  greetMs: 15_000,
  idleMs: 120_000,
  maxReplyBytes: 256 * 1024 ** 2,
};
