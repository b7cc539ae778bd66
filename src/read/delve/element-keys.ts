/** How Delve's goroutines begin. */
const usual: ReadonlySet<string> = new Set(["id"]);
/** Most first keys that are looked for. */
const maxKeys = 16;

/** First keys of the elements of a list: how the next one is found after a broken one. */
export class ElementKeys {
  readonly #seen = new Set<string>();
  /** Of the goroutines that are recognised, in any list. */
  readonly #learnt = new Set<string>();

  /** Nothing is known of how the next elements begin. */
  clear(): void {
    this.#seen.clear();
  }

  /** @param isGoroutine others may begin as something inside of a goroutine does */
  saw(key: string | undefined, isGoroutine: boolean): void {
    if (key !== undefined && this.#seen.size < maxKeys && (isGoroutine || this.#seen.size === 0))
      this.#seen.add(key);
  }

  /** A goroutine that begins so is recognised from now on, and then not read. */
  learnt(key: string | undefined): void {
    if (key !== undefined && this.#learnt.size < maxKeys) this.#learnt.add(key);
  }

  /** Some were recognised. */
  recognised(): void {
    for (const key of this.#learnt) this.#seen.add(key);
  }

  get wanted(): ReadonlySet<string> {
    return this.#seen.size === 0 ? usual : this.#seen;
  }
}
