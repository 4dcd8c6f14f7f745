import { z } from 'zod'
import { isDuration, milliseconds } from '../kernel/durations.js'

const between = (least: string, most: string) =>
  z
    .string()
    .refine(
      (text) => isDuration(text) && milliseconds(text) >= milliseconds(least) && milliseconds(text) <= milliseconds(most),
      `must be a duration from ${least} to ${most}`,
    )

export const consoleSchema = z.strictObject({
  url: z
    .string()
    .refine((text) => originOf(text) === text, 'must be an address such as https://tenantry.example, with nothing behind it')
    .optional(),
  idle: between('1min', '24h').default('30min'),
  absolute: between('5min', '30d').default('12h'),
  breakGlass: between('1min', '24h').default('4h'),
})

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin } = new URL(text)
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined
}

/** How people sign in, and for how long. */
export interface ConsoleConfig {
  /** The address that browsers know it by; null: whichever they ask. */
  readonly url: string | null
  readonly idleMs: number
  readonly absoluteMs: number
  /** For how long glass may be broken at most. */
  readonly breakGlassMs: number
}

export const readConsole = (given: z.output<typeof consoleSchema>): ConsoleConfig =>
  Object.freeze({
    url: given.url ?? null,
    idleMs: milliseconds(given.idle),
    absoluteMs: milliseconds(given.absolute),
    breakGlassMs: milliseconds(given.breakGlass),
  })
