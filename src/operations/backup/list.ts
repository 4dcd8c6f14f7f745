import { z } from 'zod'
import { BACKUP_KINDS, listBackups } from '../../catalog/backups.js'
import { assertTenantEver } from '../../engine/backup/tenant-ever.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { backupRow, describeBackup } from './row.js'

export const listAllBackups = operation({
  kind: 'direct',
  name: 'backup.list',
  summary: 'List backups, newest first; of tenants that are gone as well.',
  effect: 'read',
  input: z.strictObject({
    tenant: z.string().min(2).max(39).optional().describe('Only those of this tenant: its id, or a slug that it has or had'),
    kind: z.enum(BACKUP_KINDS).optional().describe('Only those of this kind'),
    unverified: z.boolean().default(false).describe('Only those that were never verified, or found damaged'),
    ...pageInput,
  }),
  output: pageOf(backupRow),
  faults: ['TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/backups',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'no backups; make one with `tenantry backup create SLUG`'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
    columns: ['of', 'standing', 'kind', 'state', 'at', 'rows', 'bytes', 'verifiedAt', 'damage', 'expiresAt', 'id'],
  },
  async call({ platform }, given) {
    const { tenant } = given
    if (tenant !== undefined) await assertTenantEver(platform.catalog, tenant)
    const rows = await platform.catalog.rows(
      listBackups({
        tenant: tenant ?? null,
        kind: given.kind ?? null,
        unverified: given.unverified,
        after: readCursor(given.cursor, 'backup.list'),
        limit: given.limit + 1,
      }),
    )
    const { data, nextCursor } = pageFrom(
      rows.map((row) => ({ ...describeBackup(row), at: row.at, shown: row.takenAt })),
      given.limit,
      'backup.list',
    )
    return { data: data.map(({ shown, ...row }) => ({ ...row, at: shown })), nextCursor }
  },
})
