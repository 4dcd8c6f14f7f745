import { fault } from './faults.js'

const UNITS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration written as PostgreSQL writes it: `500ms`, `30s`, `5min`, `12h`, `7d`. Throws INPUT_INVALID on anything else (`5`, `5m`, `-1s`). */
export function milliseconds(text: string): number {
  const match = /^(\d{1,9})(ms|s|min|h|d)$/.exec(text)
  if (match === null) {
    throw fault('INPUT_INVALID', {
      issues: [`"${text}" is not a duration: write a whole number and a unit, such as 500ms, 30s, 5min, 12h or 7d`],
    })
  }
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}

/** A duration for people: `340 ms`, `4.2 s`, `3 min 20 s`. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms % 60_000) / 1_000)
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`
}
