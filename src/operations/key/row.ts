import { z } from 'zod'
import { type ApiKey, ROLES } from '../../catalog/keys.js'

export const keyRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  tenant: z.string().nullable(),
  hint: z.string().describe('The first and last characters'),
  createdAt: z.date(),
  createdBy: z.string(),
  expiresAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
})

export const describeKey = (k: ApiKey): z.output<typeof keyRow> => {
  const { tenantId, ...rest } = k
  return { ...rest, tenant: tenantId }
}
