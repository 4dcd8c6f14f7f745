import { z } from 'zod'
import { isDuration, milliseconds } from '../kernel/durations.js'

const UNITS = { kB: 1_024, MB: 1_048_576, GB: 1_073_741_824 } as const
const OFF = 'off'

const bytesOf = (text: string): number => {
  const [, number = '0', unit = 'kB'] = /^(\d{1,6})(kB|MB|GB)$/.exec(text) ?? []
  return Number(number) * UNITS[unit as keyof typeof UNITS]
}

const duration = z.string().refine((text) => text === OFF || isDuration(text), 'must be a duration such as 250ms or 10s, or off')

export const paceSchema = z.strictObject({
  replicaLag: duration.default('10s'),
  walRate: z
    .string()
    .regex(/^(off|\d{1,6}(kB|MB|GB))$/, 'must be bytes per second such as 64MB, or off')
    .default('256MB'),
  commitLatency: duration.default('1s'),
  connections: z.int('must be a whole number').min(1, 'must be at least 1').max(100, 'must be at most 100').default(90),
})

/** What a cluster may be burdened with before work over a fleet waits; undefined where nothing is looked at. */
export interface PaceLimits {
  readonly replicaLagMs: number | undefined
  readonly walBytesPerS: number | undefined
  readonly commitMs: number | undefined
  /** Of the connections that are not reserved, in percent. */
  readonly connections: number
}

const unlessOff = <T>(text: string, read: (text: string) => T): T | undefined => (text === OFF ? undefined : read(text))

export const readPace = (given: z.output<typeof paceSchema>): PaceLimits =>
  Object.freeze({
    replicaLagMs: unlessOff(given.replicaLag, milliseconds),
    walBytesPerS: unlessOff(given.walRate, bytesOf),
    commitMs: unlessOff(given.commitLatency, milliseconds),
    connections: given.connections,
  })
