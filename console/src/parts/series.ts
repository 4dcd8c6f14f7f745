/** A number per moment; null where nothing is known, which is drawn as a gap. */
export type Values = readonly (number | null)[]

/** Lowest and highest of what is known; undefined when nothing is. */
export function rangeOf(values: Values): readonly [number, number] | undefined {
  let range: [number, number] | undefined
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue
    range = range === undefined ? [value, value] : [Math.min(range[0], value), Math.max(range[1], value)]
  }
  return range
}

export interface Box {
  readonly width: number
  readonly height: number
  /** Left free on all sides, for the width of the line. */
  readonly pad: number
}

/**
 * The line of a sparkline as the `d` of an SVG path: from zero (or the lowest, if that is below) to the highest, a new line after each gap, and a dot for
 * what stands alone between two gaps.
 */
export function sparkPath(values: Values, { width, height, pad }: Box): string {
  const range = rangeOf(values)
  if (range === undefined) return ''
  const [low, high] = [Math.min(0, range[0]), range[1]]
  const x = (index: number): string => fixed(pad + (values.length === 1 ? 0.5 : index / (values.length - 1)) * (width - 2 * pad))
  const y = (value: number): string => fixed(height - pad - (high === low ? 0.5 : (value - low) / (high - low)) * (height - 2 * pad))
  let [path, open] = ['', false]
  for (const [index, value] of values.entries()) {
    const known = value !== null && Number.isFinite(value)
    if (known) {
      path += `${open ? 'L' : 'M'}${x(index)} ${y(value)}`
      const next = values[index + 1]
      if (!open && (next === undefined || next === null)) path += 'h0.01'
    }
    open = known
  }
  return path
}

const fixed = (value: number): string => String(Number(value.toFixed(2)))

/** What a screen reader is told of a line: the last, the lowest and the highest. */
export function saysOf(values: Values, words: (value: number) => string): string {
  const range = rangeOf(values)
  if (range === undefined) return 'nothing known'
  const last = values.at(-1)
  return `now ${last === null || last === undefined ? 'unknown' : words(last)}, lowest ${words(range[0])}, highest ${words(range[1])}`
}
