import { z } from 'zod'
import { besidesOf } from '../../catalog/beside.js'
import { findTenant } from '../../catalog/tenants.js'
import { sizeIn } from '../../engine/dropping-beside.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { type Placed, placed } from '../../engine/repointing.js'
import { visit } from '../../engine/visit.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { besideRow, describeBeside } from './beside-of.js'
import { tenantRef } from './row.js'

const row = besideRow.extend({
  rows: z.number().nullable().describe('Of the tenant, where the tables are shared with others'),
  bytes: z.number().nullable().describe('Of the tables, where they are its own; null for both: its database could not be asked'),
})

export const listHomes = operation({
  kind: 'direct',
  name: 'tenant.homes',
  summary: 'List the homes of a tenant: the one that it lives in, and those beside, with sizes and until when they are kept.',
  effect: 'read',
  input: z.strictObject({ tenant: tenantRef }),
  output: z.object({ data: z.array(row) }),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'], tenant: 'tenant' },
  http: 'GET /v1/tenants/{tenant}/homes',
  words: {
    positionals: ['tenant'],
    columns: ['kind', 'home', 'isolation', 'cluster', 'database', 'schema', 'version', 'rows', 'bytes', 'until', 'note'],
    says: ({ data }) => counted(data.length, 'home'),
  },
  async call({ platform, fail }, { tenant: ref }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const { id, slug, home, isolation, cluster, database, schema, version } = tenant
    const live = { tenant: slug, home, kind: 'live' as const, isolation, cluster, database, schema, version }
    const rows = [
      { ...live, madeAt: null, until: null, backup: null, partial: false, note: null },
      ...(await platform.catalog.rows(besidesOf(id))).map((one) => describeBeside(slug, one)),
    ]
    return {
      data: await Promise.all(
        rows.map(async (one) => ({ ...one, ...(await sizeOf(platform, id, await placed(platform.catalog, one.home))) })),
      ),
    }
  },
})

const ASKING_MS = 5_000

/** Nulls where the database does not answer: the rest is worth showing. */
async function sizeOf(platform: Platform, tenant: string, { adminRef, database, home }: Placed) {
  const bounds = { connectTimeoutMs: ASKING_MS, answerTimeoutMs: ASKING_MS }
  try {
    const { rows, bytes } = await visit(
      platform,
      { adminRef, name: database.name },
      (session) => sizeIn(platform, session, { tenant, home }),
      bounds,
    )
    return { rows, bytes }
  } catch (error) {
    platform.log.info({ database: database.name, error: (error as Error).message }, 'the size of a home could not be asked')
    return { rows: null, bytes: null }
  }
}
