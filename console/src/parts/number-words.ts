const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `1.4 GiB`: three figures at most, and never 1,024 of a unit. */
export function bytesWords(bytes: number): string {
  let [value, unit] = [Math.abs(bytes), 0]
  while (unit < UNITS.length - 1 && Number(value.toPrecision(3)) >= 1_000) {
    value /= 1024
    unit += 1
  }
  const figures = unit === 0 || value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return `${bytes < 0 ? '−' : ''}${unit === 0 ? figures : figures.replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros))} ${UNITS[unit]}`
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `12,345`. */
export const countWords = (count: number): string => WHOLE.format(count)

/** `1 tenant`, `2 tenants`. */
export const countOf = (count: number, one: string, many = `${one}s`): string => `${countWords(count)} ${count === 1 ? one : many}`

/** A number on an axis: `1.2k`, `3M`. */
export function shortWords(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${trimmed(value / 1e9)}G`
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`
  if (size >= 1e3) return `${trimmed(value / 1e3)}k`
  return trimmed(value)
}

const trimmed = (value: number): string => String(Number(value.toPrecision(3)))
