import { z } from 'zod'

const rule = z.union(
  [
    z.enum(['null', 'hash', 'email', 'name', 'phone']),
    z.strictObject({ constant: z.string().max(10_000) }),
    z.strictObject({ shiftDays: z.int().min(1).max(36_500) }),
  ],
  { error: "must be 'null', 'hash', 'email', 'name', 'phone', { constant: '…' } or { shiftDays: 1 to 36500 }" },
)

const name = z.string().min(1).max(140)

export const anonymiseSchema = z.record(name, z.record(name.max(63), rule))

/** What becomes of a column's values in clones; a value that is null stays null. */
export type AnonymiseRule = z.output<typeof rule>

/** By table, as `tenant compare` names it, and column. */
export type AnonymiseRules = z.output<typeof anonymiseSchema>
