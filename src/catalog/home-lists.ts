import { askedAlike, join, plannedAnew, type Sql, sql } from '../kernel/sql.js'
import { type Isolation, isBehind, isGoing, type TrackDigests, tenantOfHome, tenantsIn } from './homes.js'

/** Which homes. What is left out narrows nothing. */
export interface HomeFilter {
  readonly track?: string | undefined
  readonly version?: string | undefined
  readonly isolation?: string | undefined
  readonly cluster?: string | undefined
  /** Those that have not applied exactly this, by track. */
  readonly behind?: TrackDigests | undefined
}

export interface HomePage {
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

export interface ListedHome {
  readonly id: string
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly isolation: Isolation
  readonly tenant: string | null
  readonly tenants: number
  readonly track: string
  readonly version: string
  readonly applied: number
  readonly digest: string
}

/** A page of the live homes, in the order in which they were made. Tenants are looked up of those on the page alone. */
export const listHomes = (f: HomeFilter, { after, limit }: HomePage): Sql<ListedHome & { at: string }> => {
  const found: (Sql | false)[] = [
    sql`h.state = 'live' and not ${isGoing}`,
    f.track !== undefined && sql`h.track = ${f.track}`,
    f.version !== undefined && sql`h.version = ${f.version}`,
    f.isolation !== undefined && sql`h.isolation = ${f.isolation}`,
    f.cluster !== undefined && sql`c.name = ${f.cluster}`,
    f.behind !== undefined && isBehind(f.behind, null),
    after !== null && sql`h.number > ${after.at}::bigint`,
  ]
  return askedAlike(
    plannedAnew(sql<ListedHome & { at: string }>`
    select p.id, p.at, p.cluster, p.database, p.schema, p.isolation, p.track, p.version, p.applied, p.digest, ${tenantOfHome(sql`p.id`)} as tenant,
           ${tenantsIn(sql`p.id`)} as tenants
    from (
      select h.id, h.number::text as at, c.name as cluster, d.name as database, h.schema_name as schema, h.isolation, h.track, h.version, h.applied, h.digest
      from catalog.home h
      join catalog.database d on d.id = h.database_id
      join catalog.cluster c on c.id = d.cluster_id
      where ${join(
        found.filter((one) => one !== false),
        ' and ',
      )}
      order by h.number
      limit ${limit}
    ) p
    order by p.at::bigint`),
  )
}
