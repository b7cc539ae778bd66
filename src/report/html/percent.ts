/** `12 %`; never 0 % of something, never 100 % of less than all. */
export function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : part / whole;
  if (share > 0 && share < 0.01) return "under 1\u00a0%";
  if (share < 1 && share > 0.99) return "over 99\u00a0%";
  return `${Math.round(share * 100)}\u00a0%`;
}
