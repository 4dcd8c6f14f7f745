import { z } from 'zod'
import { WEBHOOK_STATES, type Webhook } from '../../catalog/webhooks.js'
import { EVENT_WISHES } from '../../engine/event-names.js'
import { plainText } from '../../engine/text-input.js'
import { isUuid } from '../../kernel/identifiers.js'

export const webhookRow = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  types: z.array(z.string()).nullable().describe('Types of events that it is told of; null: all'),
  state: z.enum(WEBHOOK_STATES),
  because: z
    .enum(['asked', 'failing', 'gone'])
    .nullable()
    .describe('Why it is disabled: somebody asked for it, nothing could be delivered for three days, or it has answered 410'),
  generation: z.number().describe('How many secrets it has had, with this one'),
  beforeUntil: z.date().nullable().describe('Until when messages are signed with the secret before as well'),
  failingSince: z.date().nullable().describe('Since when nothing could be delivered'),
  createdAt: z.date(),
  createdBy: z.string(),
})

export const describeWebhook = (w: Webhook): z.output<typeof webhookRow> => ({
  id: w.id,
  name: w.name,
  url: w.url,
  types: w.types === null ? null : [...w.types],
  state: w.state,
  because: w.because,
  generation: w.generation,
  beforeUntil: w.beforeUntil,
  failingSince: w.failingSince,
  createdAt: w.createdAt,
  createdBy: w.createdBy,
})

export const webhookRef = z.string().min(1).max(200).describe('Id or name of the webhook')

export const webhookName = plainText(100).refine((name) => !isUuid(name), 'must not look like an id')

/** Nothing secret belongs there: whoever may see webhooks sees it. */
export const webhookUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\/[^\s#]+$/i, 'must be an address such as https://example.com/hooks')
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', 'must name nobody in front of the host')
  .refine((text) => URL.canParse(text), 'is no address that can be read')

export const webhookTypes = z
  .array(z.enum(EVENT_WISHES as [string, ...string[]]))
  .min(1)
  .max(100)

/** Each once. */
export const typesOf = (given: readonly string[] | undefined): readonly string[] | null =>
  given === undefined ? null : [...new Set(given)]
