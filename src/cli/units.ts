import { UsageError } from "../errors.ts";

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const sizeUnits: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Milliseconds of `500ms`, `10s`, `1m30s`, `2h`.
 * @param option the option's name, for the message
 * @throws UsageError for anything else, 0 too
 */
export function parseDuration(text: string, option: string): number {
  let ms = 0;
  let rest = text.trim();
  for (let part = 0; rest !== "" && part < 4; part++) {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)/.exec(rest);
    if (match === null) break;
    ms += Number(match[1]) * durationUnits[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  if (rest !== "" || ms <= 0)
    throw new UsageError(`${option} ${JSON.stringify(text)} is no duration`, {
      hint: "Write 500ms, 10s, 1m30s or 2h.",
    });
  return ms;
}

/**
 * Bytes of `4096`, `64KB`, `512MB`, `2GiB`; units are powers of 1024.
 * @throws UsageError for anything else, 0 too
 */
export function parseSize(text: string, option: string): number {
  const match = /^(\d{1,12})\s?(?:([kmg])i?b?|b)?$/i.exec(text.trim());
  const bytes = match === null ? 0 : Number(match[1]) * sizeUnits[(match[2] ?? "").toLowerCase()]!;
  if (bytes <= 0)
    throw new UsageError(`${option} ${JSON.stringify(text)} is no size`, { hint: "Write 64MB or 2GB." });
  return bytes;
}
