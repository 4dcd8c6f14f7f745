import { z } from 'zod'
import { BREAKGLASS_ROLES } from '../../catalog/people.js'

export const breakglassRow = z.object({
  session: z
    .string()
    .describe('Id of the session')
    .meta({ examples: ['0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90'] }),
  user: z.string().meta({ examples: ['anna'] }),
  role: z.enum(BREAKGLASS_ROLES).describe('What may be done in it for now'),
  until: z.date(),
  reason: z.string().meta({ examples: ['INC-4711: restore of acme, whoever is on call is away'] }),
})
