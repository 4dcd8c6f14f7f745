const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** How long ago, or in how long, in a word or two; a date when that is long. */
export function relativeWords(at: number, now: number): string {
  const [past, apart] = [at <= now, Math.abs(now - at)]
  if (apart < 10 * SECOND) return past ? 'just now' : 'in a moment'
  if (apart >= 30 * DAY) return dateWords(at, now)
  const long = durationWords(apart)
  return past ? `${long} ago` : `in ${long}`
}

/** The largest whole unit: `45 s`, `3 min`, `5 h`, `12 d`. */
export function durationWords(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`
  return `${Math.floor(milliseconds / DAY)} d`
}

const UNITS = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [SECOND, 's'],
  [1, 'ms'],
] as const

/** All of it, as what is set rather than measured is told: `1 min 30 s`. */
export function exactDurationWords(milliseconds: number): string {
  let left = milliseconds
  const parts: string[] = []
  for (const [unit, name] of UNITS) {
    const whole = Math.floor(left / unit)
    left -= whole * unit
    if (whole > 0) parts.push(`${whole} ${name}`)
  }
  return parts.length === 0 ? '0 ms' : parts.join(' ')
}

function dateWords(at: number, now: number): string {
  const date = new Date(at)
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
  return date.getUTCFullYear() === new Date(now).getUTCFullYear() ? day : `${day} ${date.getUTCFullYear()}`
}

/** To the second, in UTC: `2026-11-22 08:30:00 UTC`. */
export const exactWords = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Below an axis, by the clock of whoever looks: `14:30`, and `22 Nov` where ticks are a day or more apart. */
export function tickWords(at: number, apart: number): string {
  const date = new Date(at)
  if (apart >= DAY) return `${date.getDate()} ${MONTHS[date.getMonth()]}`
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
}
