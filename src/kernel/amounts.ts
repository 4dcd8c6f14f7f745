const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** An amount of data for people: `340 B`, `1.2 MB`, in steps of 1,000. */
export function humanBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0]
  for (; amount >= 999.5 && unit < UNITS.length - 1; unit++) amount /= 1_000
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[unit]}`
}
