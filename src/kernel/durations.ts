import { fault } from './faults.js'

const UNITS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

// Longer than anything waits for, and far from where dates and intervals overflow.
const LONGEST_MS = 100 * 365 * UNITS.d

/** Is it what `milliseconds` takes? */
export const isDuration = (text: string): boolean => readDuration(text) !== undefined

/** Milliseconds of a duration written as PostgreSQL writes it: `500ms`, `30s`, `5min`, `12h`, `7d`. Throws INPUT_INVALID on anything else (`5`, `5m`, `-1s`). */
export function milliseconds(text: string): number {
  const ms = readDuration(text)
  if (ms === undefined) {
    throw fault('INPUT_INVALID', {
      issues: [
        `"${text.slice(0, 40)}" is not a duration: write a whole number and a unit, such as 500ms, 30s, 5min, 12h or 7d, up to 100 years`,
      ],
    })
  }
  return ms
}

function readDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|min|h|d)$/.exec(text)
  if (match === null) return undefined
  const ms = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  return ms > LONGEST_MS ? undefined : ms
}

/** Is `2026-02-28` a day of the calendar, after the year 0? Date would make another of the 31st of February, PostgreSQL an error. */
export function isDay(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) return false
  return new Date(text).toISOString().startsWith(text)
}

/** A duration for people: `340 ms`, `4.2 s`, `3 min 20 s`. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms % 60_000) / 1_000)
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`
}
