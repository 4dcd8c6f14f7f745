import { z } from 'zod'
import { ASSURANCES, type Assurance } from '../kernel/assurance.js'
import { isDuration, milliseconds } from '../kernel/durations.js'

const LEAST_MS = 100
const MOST_MS = 86_400_000

const limit = z
  .string()
  .refine(
    (text) => isDuration(text) && milliseconds(text) >= LEAST_MS && milliseconds(text) <= MOST_MS,
    'must be a duration such as 500ms, 30s or 5min, from 100ms to 24h',
  )

export const tierSchema = z.strictObject({
  isolation: z.enum(['shared', 'schema', 'database']).optional(),
  assurance: z.enum(ASSURANCES).optional(),
  statementTimeout: limit.optional(),
  idleTimeout: limit.optional(),
  lockTimeout: limit.optional(),
  connections: z.int('must be a whole number').min(1, 'must be at least 1').max(10_000, 'must be at most 10000').optional(),
})

export const tiersSchema = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,38}$/, 'the name of a tier is a word of lower-case letters, digits and hyphens, such as gold'),
    tierSchema,
  )
  .default({})

export const limitsSchema = z.strictObject({
  statementTimeout: limit.default('15min'),
  idleTimeout: limit.default('5min'),
  lockTimeout: limit.default('1s'),
})

/** What a tier gives its tenants; null where it says nothing. */
export interface Tier {
  readonly isolation: 'shared' | 'schema' | 'database' | null
  /** The least assurance of a database where its tenants may be. */
  readonly assurance: Assurance | null
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  /** How long others may wait behind a lock on a shared table. */
  readonly lockTimeoutMs: number | null
  /** Connections at most. */
  readonly connections: number | null
}

/** What holds for those who have no limit of their own, nor of their tier. */
export interface PlatformLimits {
  readonly statementTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly lockTimeoutMs: number
}

const msOf = (text: string | undefined): number | null => (text === undefined ? null : milliseconds(text))

export const readTiers = (given: z.output<typeof tiersSchema>): Readonly<Record<string, Tier>> =>
  Object.freeze(
    Object.fromEntries(
      Object.entries(given).map(([name, tier]) => [
        name,
        Object.freeze({
          isolation: tier.isolation ?? null,
          assurance: tier.assurance ?? null,
          statementTimeoutMs: msOf(tier.statementTimeout),
          idleTimeoutMs: msOf(tier.idleTimeout),
          lockTimeoutMs: msOf(tier.lockTimeout),
          connections: tier.connections ?? null,
        }),
      ]),
    ),
  )

export const readLimits = (given: z.output<typeof limitsSchema>): PlatformLimits =>
  Object.freeze({
    statementTimeoutMs: milliseconds(given.statementTimeout),
    idleTimeoutMs: milliseconds(given.idleTimeout),
    lockTimeoutMs: milliseconds(given.lockTimeout),
  })

/** What is wrong with tiers beyond their shape. */
export const tierIssues = (tiers: Readonly<Record<string, Tier>>, tenantColumn: string | null): readonly string[] =>
  Object.entries(tiers)
    .filter(([, { isolation }]) => isolation === 'shared' && tenantColumn === null)
    .map(([name]) => `tiers.${name}.isolation: shared tables need a tenantColumn`)
