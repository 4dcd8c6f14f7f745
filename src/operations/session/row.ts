import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import type { Session } from '../../catalog/sessions.js'
import { uuidInput } from '../../engine/text-input.js'

export const sessionId = uuidInput('a session')
  .describe('Id of the session')
  .meta({ examples: ['0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90'] })

export const sessionRow = z.object({
  id: z.string(),
  user: z.string().meta({ examples: ['anna'] }),
  role: z.enum(ROLES).describe('What may be done in it now'),
  tenant: z.string().nullable(),
  begunAt: z.date(),
  seenAt: z.date().describe('Its last use, to the minute'),
  endsAt: z.date(),
  address: z
    .string()
    .nullable()
    .describe('From where they signed in')
    .meta({ examples: ['10.0.0.7'] }),
  breakGlassUntil: z.date().nullable().describe('Until when its role is another than that of the person'),
  breakGlassReason: z.string().nullable(),
})

export function describeSession(s: Session): z.output<typeof sessionRow> {
  const role = s.breakglassRole ?? s.ownRole
  return {
    id: s.id,
    user: s.name,
    role,
    tenant: role === 'tenant-admin' ? s.tenantId : null,
    begunAt: s.begunAt,
    seenAt: s.seenAt,
    endsAt: s.endsAt,
    address: s.address,
    breakGlassUntil: s.breakglassUntil,
    breakGlassReason: s.breakglassReason,
  }
}
