import { randomUUID } from 'node:crypto'
import { homeById } from '../../src/catalog/homes.js'
import type { HomePlace } from '../../src/isolation/model.js'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type ApplyOptions, applySnapshot } from '../../src/transfer/apply.js'
import { fingerprintTenant } from '../../src/transfer/fingerprint.js'
import type { Snapshot, TenantFingerprint, TransferSource } from '../../src/transfer/model.js'
import { openSnapshot, type SnapshotOptions } from '../../src/transfer/snapshot.js'

/** A tenant where it is, with all that carries its rows. */
export interface Place {
  readonly tenant: string
  readonly home: HomePlace
  readonly database: Database
  /** A superuser who shares no code with what is tested. */
  readonly witness: Database
  readonly snapshot: (more?: Partial<SnapshotOptions>) => Promise<Snapshot>
  readonly apply: (source: TransferSource, more?: Partial<ApplyOptions>) => Promise<void>
  readonly fingerprint: () => Promise<TenantFingerprint>
}

export async function placeOf(fleet: Fleet, slug: string): Promise<Place> {
  const found = await fleet.tenant(slug)
  const home = await fleet.platform.catalog.one(homeById(found.home))
  const { database } = await fleet.platform.tenantDatabase(home.databaseId)
  const options = { names: fleet.platform.names, tenantColumn: fleet.platform.config.tenantColumn, lanes: 2, admin: { superuser: true } }
  const tenant = found.id
  return {
    tenant,
    home,
    database,
    witness: await fleet.witness(slug),
    snapshot: (more = {}) => openSnapshot(database, home, tenant, { ...options, ...more }),
    apply: (source, more = {}) =>
      applySnapshot(database, home, tenant, source, { ...options, by: { operation: randomUUID(), token: 1 }, ...more }),
    fingerprint: () => fingerprintTenant(database, home, tenant, options),
  }
}

/** Runs SQL in a home's schema as a superuser; `$tenant` in it is the tenant. */
export const fill = ({ witness, home, tenant }: Place, text: string): Promise<void> =>
  witness.transaction(async (session) => {
    await session.script(sql`set local search_path = ${ident(home.schema)}, ext`)
    await session.script(fileText(text.replaceAll('$tenant', tenant)))
  })

/** What a superuser sees of a tenant, row by row, with generated columns: by table, the number of rows and a digest. */
export async function seen({ witness, home, tenant }: Place): Promise<Readonly<Record<string, string>>> {
  const tables = await witness.rows(sql<{ schema: string; name: string }>`
    select n.nspname::text as schema, c.relname::text as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in (${home.schema}, 'platform') and c.relkind in ('r', 'p', 'm')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')`)
  const found = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const { told } = await witness.one(sql<{ told: string }>`
        select count(*) || ' ' || coalesce(md5(string_agg(r, E'\\x02' order by r collate "C")), '') as told
        from (select replace(replace(t::text, tenant_id::text, ''), ${home.schema}, '') as r from ${ident(schema, name)} t where tenant_id = ${tenant}) rows`)
      return [schema === 'platform' ? `platform.${name}` : name, told] as const
    }),
  )
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Takes a snapshot of one and loads it into another; closes it on every path. */
export async function carry(from: Place, to: Place, more: Partial<ApplyOptions> = {}): Promise<Snapshot['facts']> {
  const snapshot = await from.snapshot()
  try {
    await to.apply(snapshot, more)
    return snapshot.facts
  } finally {
    await snapshot.close()
  }
}
