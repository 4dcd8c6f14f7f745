import { z } from 'zod'
import { type Beside, besidesOf } from '../../catalog/beside.js'
import { findTenant, lockTenant, type Tenant } from '../../catalog/tenants.js'
import { assertIdle } from '../../engine/idle.js'
import type { AcceptContext, CallContext } from '../../engine/operation.js'
import { placed, type RePointing } from '../../engine/repointing.js'
import { assertAssuranceOf } from '../../engine/tiers.js'
import { checkTenantRef } from '../../kernel/identifiers.js'

export const homeRef = z.string().min(2).max(63).describe('Id or schema of a home beside the one that the tenant lives in')

export const besideRow = z.object({
  tenant: z.string(),
  home: z.string(),
  kind: z.enum(['live', 'restored', 'former']),
  isolation: z.enum(['shared', 'schema', 'database']),
  cluster: z.string(),
  database: z.string(),
  schema: z.string(),
  version: z.string(),
  madeAt: z.date().nullable(),
  until: z.date().nullable().describe('When it is dropped; null: not before somebody says so'),
  backup: z.string().nullable().describe('The backup that its rows are from'),
  partial: z.boolean().describe('Only some tables have their rows: the tenant cannot live there'),
  note: z.string().nullable(),
})

export const describeBeside = (slug: string, b: Beside): z.output<typeof besideRow> => ({
  tenant: slug,
  home: b.id,
  kind: b.kind,
  isolation: b.isolation,
  cluster: b.cluster,
  database: b.database,
  schema: b.schema,
  version: b.version,
  madeAt: b.madeAt,
  until: b.until,
  backup: b.backup,
  partial: b.partial,
  note: b.note,
})

/** The tenant, held; nobody else is at work on it. */
export async function lockSettled({ tx, fail }: AcceptContext<'TENANT_NOT_FOUND' | 'TENANT_STATE'>, ref: string): Promise<Tenant> {
  const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
  if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
  await assertIdle({ tx, fail }, tenant.id, ref)
  return tenant
}

/** The one that is named, or the only one. */
export async function chooseBeside(
  { tx, fail }: Pick<AcceptContext<'HOME_NOT_BESIDE' | 'HOME_CHOICE'>, 'tx' | 'fail'>,
  tenant: Tenant,
  home: string | undefined,
): Promise<Beside> {
  const all = await tx.rows(besidesOf(tenant.id))
  const found =
    home === undefined ? all.filter(({ standing }) => standing === 'kept') : all.filter((one) => one.id === home || one.schema === home)
  if (found.length > 1) throw fail('HOME_CHOICE', { tenant: tenant.slug, homes: found.map(({ id, kind }) => `${id} (${kind})`) })
  if (found.length === 0) throw fail('HOME_NOT_BESIDE', { tenant: tenant.slug, home: home ?? null })
  return found[0]!
}

/** The same of a tenant that nobody need hold, for looking into both. */
export async function findWithBeside(
  { platform, fail }: Pick<CallContext<'TENANT_NOT_FOUND' | 'HOME_NOT_BESIDE' | 'HOME_CHOICE'>, 'platform' | 'fail'>,
  ref: string,
  home: string | undefined,
): Promise<{ readonly tenant: Tenant; readonly beside: Beside }> {
  const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
  if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
  const beside = await chooseBeside({ tx: platform.catalog, fail }, tenant, home)
  if (beside.standing !== 'kept') throw fail('HOME_NOT_BESIDE', { tenant: tenant.slug, home: home ?? null })
  return { tenant, beside }
}

/** Throws HOME_PARTIAL: whoever lived there would miss all other tables. */
export function assertWhole({ fail }: Pick<AcceptContext<'HOME_PARTIAL'>, 'fail'>, { slug }: Tenant, { partial, schema }: Beside): void {
  if (partial) throw fail('HOME_PARTIAL', { tenant: slug, home: schema })
}

// Open scopes may keep it waiting for so long; then it is given up with TENANT_BUSY, and nothing has changed.
const FENCE_PATIENCE_MS = 10_000

/** What re-pointing the tenant to this home is to remember. */
export async function rePointingTo(
  { platform, tx, fail }: AcceptContext<'TENANT_STATE' | 'HOME_BEHIND'>,
  tenant: Tenant,
  to: Beside,
  { graceMs, anyVersion }: { readonly graceMs: number; readonly anyVersion: boolean },
): Promise<RePointing> {
  if (tenant.state !== 'active' && tenant.state !== 'suspended' && tenant.state !== 'read_only')
    throw fail('TENANT_STATE', { tenant: tenant.slug, state: tenant.state, wanted: 'an active, suspended or read-only tenant' })
  if (to.standing !== 'kept') {
    const state = to.standing === 'making' ? 'still being given that home' : 'losing that home'
    throw fail('TENANT_STATE', { tenant: tenant.slug, state, wanted: 'a home that is whole' })
  }
  if (!anyVersion && to.version !== tenant.version)
    throw fail('HOME_BEHIND', { tenant: tenant.slug, home: to.schema, version: to.version, wanted: tenant.version })
  await assertAssuranceOf(tx, platform.config, tenant.tier, to.databaseId)
  const [from, there] = [await placed(tx, tenant.home), await placed(tx, to.id)]
  return { tenant: tenant.id, slug: tenant.slug, from, to: there, graceMs, withinMs: FENCE_PATIENCE_MS }
}
