import { z } from 'zod'
import { coverage } from '../../catalog/protection.js'
import { operation } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'

export const backupStatus = operation({
  kind: 'direct',
  name: 'backup.status',
  summary: 'Show how the fleet is protected: who is backed up, verified and proven restorable, and since when.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({
    tenants: z.number().describe('That are active, suspended or read-only'),
    backedUp: z.number(),
    verified: z.number(),
    proven: z.number().describe('Of which a backup that is kept was restored and found equal'),
    provenSince: z.date().nullable().describe('The oldest of their last proofs'),
    oldest: z.date().nullable().describe('Of the newest backup of each tenant, the oldest'),
    damaged: z.number().describe('Backups'),
    bytes: z.number().describe('Of all backups, in one place'),
    without: z.array(z.string()).describe('Tenants without a backup, 20 at most'),
  }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/backup-status',
  words: {
    says: (s) => {
      const share = (count: number) => `${count} of ${s.tenants} (${s.tenants === 0 ? 0 : Math.floor((count * 100) / s.tenants)} %)`
      return [
        `backed up  ${share(s.backedUp)}${s.oldest === null ? '' : `, the oldest of the newest at ${s.oldest.toISOString()}`}`,
        `verified   ${share(s.verified)}`,
        `proven     ${share(s.proven)}${s.provenSince === null ? '' : `, none longer ago than ${s.provenSince.toISOString()}`}`,
        `kept       ${humanBytes(s.bytes)}${s.damaged === 0 ? '' : `; ${counted(s.damaged, 'backup')} damaged: tenantry backup list --unverified`}`,
        ...(s.without.length === 0 ? [] : [`without    ${s.without.join(', ')}${s.tenants - s.backedUp > s.without.length ? ' …' : ''}`]),
      ].join('\n')
    },
    passes: ({ damaged }) => damaged === 0,
  },
  async call({ platform }) {
    const { without, ...found } = await platform.catalog.one(coverage)
    return { ...found, without: [...without] }
  },
})
