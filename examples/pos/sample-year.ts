import type { Country } from './sample-countries.js'

const DAY_MS = 24 * 60 * 60 * 1_000

/** The days that are loaded, counted from 0, as timestamps and dates of a country. */
export interface SampleYear {
  readonly days: number
  /** The moment at which a day's clock on the wall shows so many minutes after midnight. */
  readonly at: (day: number, minutes: number) => string
  readonly date: (day: number) => string
  /** 0 is Sunday. */
  readonly weekday: (day: number) => number
  readonly month: (day: number) => number
}

/** The 365 days that end two days before `clock`, so that nothing of them lies ahead of it in any time zone. */
export function yearBefore(clock: Date, { offset }: Pick<Country, 'offset'>): SampleYear {
  const days = 365
  const first = (Math.floor(clock.getTime() / DAY_MS) - days - 1) * DAY_MS
  const midnight = (day: number): Date => new Date(first + day * DAY_MS)
  return {
    days,
    at: (day, minutes) => new Date(first + day * DAY_MS + (minutes - offset * 60) * 60_000).toISOString(),
    date: (day) => midnight(day).toISOString().slice(0, 10),
    weekday: (day) => midnight(day).getUTCDay(),
    month: (day) => midnight(day).getUTCMonth(),
  }
}
