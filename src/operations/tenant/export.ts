import { resolve } from 'node:path'
import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { openLivingSnapshot } from '../../engine/living-snapshot.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { stopwatch } from '../../kernel/clock.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { type ExportProgress, exportTenant as writeExport } from '../../transfer/export/export-tenant.js'
import { EXPORT_FORMATS } from '../../transfer/export/model.js'
import { tenantRef } from './row.js'
import { auditedStatement } from './sql-audit.js'

export const exportTenant = operation({
  kind: 'direct',
  name: 'tenant.export',
  summary: 'Write all that a tenant has into a folder that other programs read.',
  effect: 'read',
  input: z.strictObject({
    tenant: tenantRef,
    to: z.string().min(1).max(4_096).describe('The folder to make; a relative path begins at the project'),
    format: z.enum(EXPORT_FORMATS).default('csv').describe('What is written: a file for each table, or one script for psql'),
    lanes: z.coerce.number().int().min(1).max(16).default(2).describe('Connections that read at once'),
  }),
  output: z.object({
    tenant: z.string(),
    folder: z.string(),
    format: z.enum(EXPORT_FORMATS),
    at: z.string().describe('The moment that it shows, by the clock of the server'),
    tables: z.number(),
    rows: z.number(),
    bytes: z.number(),
    leftOut: z.array(z.string()),
    milliseconds: z.number(),
  }),
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'SLUG_INVALID',
    'EXPORT_EXISTS',
    'EXPORT_UNWRITABLE',
    'EXPORT_ROW_TOO_LARGE',
    'SNAPSHOT_BLOCKED',
    'SNAPSHOT_LOST',
    'SNAPSHOT_UNFIT',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: [] },
  words: {
    positionals: ['tenant'],
    says: (e) =>
      [
        `${e.tenant} is in ${e.folder}: ${counted(e.rows, 'row')} of ${counted(e.tables, 'table')}, ${counted(e.bytes, 'byte')}, as of ${e.at}`,
        ...(e.format === 'sql' ? e.leftOut.map((words) => `not in it: ${words}`) : []),
      ].join('\n'),
  },

  async call({ platform, caller, fail, signal }, { tenant: ref, to, format, lanes }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.state === 'creating' || tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a settled tenant' })
    const folder = resolve(platform.config.folder, to)
    const elapsed = stopwatch()
    const statement = JSON.stringify({ format, folder })
    return auditedStatement({ platform, caller }, { operation: 'tenant.export', tenantId: tenant.id, statement }, async () => {
      const written = await writeExport(() => openLivingSnapshot(platform, tenant.id, lanes), {
        as: format,
        to: folder,
        tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name },
        lanes,
        signal,
        onProgress: teller(platform, tenant.slug),
        atBorder: (border) => platform.failpoint(`tenant.export/write:${border}`),
      })
      return {
        tenant: tenant.slug,
        folder,
        format,
        at: written.snapshot.at,
        tables: written.tables.length,
        rows: written.tables.reduce((sum, { rows }) => sum + rows, 0),
        bytes: written.files.reduce((sum, { bytes }) => sum + bytes, 0),
        leftOut: [...written.leftOut],
        milliseconds: Math.round(elapsed()),
      }
    })
  },
})

const BETWEEN_MS = 2_000

/** Nothing about an export that is over before anybody asks. */
function teller(platform: Platform, slug: string): (progress: ExportProgress) => void {
  const elapsed = stopwatch()
  let told = 0
  return ({ tables, rows, bytes }) => {
    if (elapsed() - told < BETWEEN_MS) return
    told = elapsed()
    platform.progress(`${slug}: ${tables.done} of ${tables.total} tables, ${rows} rows, ${bytes} bytes`)
  }
}
