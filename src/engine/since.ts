import { z } from 'zod'
import { isDay, isDuration, milliseconds } from '../kernel/durations.js'

const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/

const isMoment = (text: string): boolean => MOMENT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text))

/** How long ago, or from when on. */
export const sinceInput = z
  .string()
  .refine((text) => isDuration(text) || isMoment(text), 'must be a duration such as 24h, or a moment such as 2026-11-21T08:00:00Z')

/** How long ago something was is told by the clock of the database that noted it. */
export type Since = { readonly at: string } | { readonly secondsAgo: number }

export function sinceOf(text: string | undefined): Since | null {
  if (text === undefined) return null
  return isDuration(text) ? { secondsAgo: milliseconds(text) / 1_000 } : { at: new Date(text).toISOString() }
}
