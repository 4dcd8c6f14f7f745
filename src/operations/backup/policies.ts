import { z } from 'zod'
import { listPolicies } from '../../catalog/backup-policies.js'
import { operation } from '../../engine/operation.js'

export const listBackupPolicies = operation({
  kind: 'direct',
  name: 'backup.policies',
  summary: 'List the policies by which backups are made and kept, the narrowest first.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({
    data: z.array(
      z.object({
        scope: z.enum(['tenant', 'label', 'tier', 'all']),
        target: z.string().nullable(),
        daily: z.number(),
        weekly: z.number(),
        monthly: z.number(),
        hour: z.number().describe('Of UTC'),
        tenants: z.number().describe('That it is in force for'),
      }),
    ),
  }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/backup-policies',
  words: {
    columns: ['scope', 'target', 'daily', 'weekly', 'monthly', 'hour', 'tenants'],
    says: ({ data }) =>
      data.length === 0 ? 'no policies; nothing is backed up by itself. Make one: tenantry backup schedule --all --daily 7' : '',
  },
  async call({ platform }) {
    const found = await platform.catalog.rows(listPolicies)
    return { data: found.map(({ id: _, slug, target, ...policy }) => ({ ...policy, target: slug ?? (target === '' ? null : target) })) }
  },
})
