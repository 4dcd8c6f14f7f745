import { ident, sql } from '../kernel/sql.js'
import type { Fleet } from './fleet.js'
import type { LeakStored, LeakTenant, LeakWay } from './leak-meter.js'

/**
 * The library's client on a fleet that was made with LEAK_MIGRATIONS. Its `clients` are spread over a few applications, each with pools of its own of so
 * many connections.
 */
export async function fleetLeakWay(
  fleet: Fleet,
  slugs: readonly string[],
  options: { readonly clients: number; readonly applications: number; readonly connections?: number },
): Promise<LeakWay> {
  const rows = await Promise.all(slugs.map((slug) => fleet.tenant(slug)))
  const applications = Array.from({ length: options.applications }, (_, i) =>
    fleet.client({
      maxConnections: options.connections ?? Math.ceil(options.clients / options.applications),
      applicationName: `leak ${i}`,
    }),
  )
  const handle = (client: number, tenant: LeakTenant) => applications[client % applications.length]!.tenant(tenant.id)

  const stored = async (): Promise<LeakStored> => {
    const sum = { rows: 0, misplaced: 0, doomed: 0 }
    const homes = new Map(rows.map((row) => [`${row.database}/${row.schema}`, row]))
    for (const { slug, id, isolation, schema } of homes.values()) {
      const owner = isolation === 'shared' ? sql`tenant_id::text` : sql`${id}::text`
      const found = await (await fleet.witness(slug)).one(sql<LeakStored>`
        select count(*)::int as rows,
               count(*) filter (where tenant_id::text is distinct from ${owner} or owner is distinct from ${owner} or toucher is distinct from ${owner})::int as misplaced,
               count(*) filter (where doomed)::int as doomed
        from ${ident(schema, 'parcel')}`)
      sum.rows += found.rows
      sum.misplaced += found.misplaced
      sum.doomed += found.doomed
    }
    return sum
  }

  return {
    name: 'tenantry',
    tenants: rows.map(({ id, isolation, database }) => ({ id, isolation, database })),
    one: (client, tenant, statement) => handle(client, tenant).query(statement),
    several: (client, tenant, body) => handle(client, tenant).transaction((scope) => body(scope.rows)),
    stored,
  }
}
