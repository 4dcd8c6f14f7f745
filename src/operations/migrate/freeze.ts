import { z } from 'zod'
import { currentFreeze, putFreeze } from '../../catalog/items.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { systemClock } from '../../kernel/clock.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/
const isMoment = (text: string): boolean => MOMENT.test(text) && Number.isFinite(Date.parse(text))
const momentOf = (text: string): Date => new Date(isDuration(text) ? systemClock.now() + milliseconds(text) : Date.parse(text))

export const freezeMigrations = operation({
  kind: 'change',
  name: 'migrate.freeze',
  summary: 'Let no migration begin, and have running ones stand still before their next home.',
  effect: 'change',
  input: z.strictObject({
    reason: plainText(200).describe('Why; whoever is refused is told'),
    until: z
      .string()
      .refine((text) => isDuration(text) || isMoment(text), 'must be a duration such as 12h, or a moment such as 2026-12-27T08:00Z')
      .optional()
      .describe('When it is over by itself, such as 12h or 2026-12-27T08:00Z (default: when somebody lifts it)'),
  }),
  output: z.object({ reason: z.string(), actor: z.string(), since: z.date(), until: z.date().nullable() }),
  faults: [],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/migrations/freeze',
  words: {
    says: ({ until, reason }) =>
      `migrations are frozen${until === null ? '' : ` until ${until.toISOString()}`}: ${reason}; lift it with \`tenantry migrate unfreeze\``,
  },
  async change({ tx, caller }, { reason, until }) {
    await tx.run(putFreeze(reason, caller.actor, until === undefined ? null : momentOf(until)))
    return { output: await tx.one(currentFreeze) }
  },
})
