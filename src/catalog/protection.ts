import { askedAlike, type Sql, sql } from '../kernel/sql.js'
import { type Backup, backupColumns, ofTenant, tenantIdOf, unproven } from './backups.js'

export interface TenantToBackUp {
  readonly id: string
  readonly slug: string
  readonly cluster: string
}

/** Of tenants that live, those with this label or tier, or all. A page is not needed: ids and slugs of a whole fleet are little. */
export const tenantsToBackUp = (f: { readonly label: string | null; readonly tier: string | null }): Sql<TenantToBackUp> => {
  const at = f.label?.indexOf('=') ?? 0
  const labels = f.label === null ? null : JSON.stringify({ [f.label.slice(0, at)]: f.label.slice(at + 1) })
  return sql<TenantToBackUp>`
    select t.id, t.slug, c.name as cluster
    from catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    join catalog.home h on h.id = p.home_id
    join catalog.database d on d.id = h.database_id
    join catalog.cluster c on c.id = d.cluster_id
    where t.state in ('active', 'suspended', 'read_only') and not starts_with(t.slug, '~')
      and (${f.tier}::text is null or t.tier = ${f.tier})
      and (${labels}::jsonb is null or t.labels @> ${labels}::jsonb)
    order by t.created_at, t.id`
}

/** Those that there are, of one tenant or of all. */
export const backupsToVerify = (f: { readonly tenant: string | null; readonly unverified: boolean }): Sql<Backup> => sql<Backup>`
  select ${backupColumns}
  from catalog.backup b
  where b.state = 'kept'
    and (${f.tenant}::text is null or ${ofTenant(f.tenant)})
    and (not ${f.unverified}::boolean or b.verified_at is null)
  order by b.kept_at desc, b.id`

/** A tenant that is there, and why it is held: of one that is, a home beside could not be dropped again. */
export const tenantToProve = (tenant: string): Sql<{ heldFor: string | null }> => sql<{ heldFor: string | null }>`
  select t.held_for as "heldFor" from catalog.tenant t
  where t.id = ${tenant} and t.state not in ('creating', 'warm', 'purging') and not starts_with(t.slug, '~')`

/** Of tenants that live and are not held, in a random order: the newest backup of each that is not known to be damaged. */
export const randomBackups = (f: { readonly tenant: string | null; readonly count: number }): Sql<Backup> => sql<Backup>`
  select ${backupColumns}
  from (
    select t.id from catalog.tenant t
    where t.state in ('active', 'suspended', 'read_only') and not starts_with(t.slug, '~') and t.held_for is null
      and (${f.tenant}::text is null or t.id = ${tenantIdOf(f.tenant)})
      and exists (select from catalog.backup k where k.tenant_id = t.id and k.state = 'kept' and k.damage is null and not ${unproven(sql`k`)})
    order by random()
    limit ${f.count}
  ) chosen
  cross join lateral (
    select * from catalog.backup k
    where k.tenant_id = chosen.id and k.state = 'kept' and k.damage is null and not ${unproven(sql`k`)}
    order by k.taken_at desc
    limit 1
  ) b`

export const backupsByIds = (ids: readonly string[]): Sql<Backup> => sql<Backup>`
  select ${backupColumns} from catalog.backup b where b.id = any (${[...ids]}::uuid[]) and b.state = 'kept'`

/** How the fleet is protected, in one query; visits no store. */
export interface Coverage {
  readonly tenants: number
  readonly backedUp: number
  /** Tenants with a verified backup. */
  readonly verified: number
  /** Tenants of which a backup was restored and found equal. */
  readonly proven: number
  /** Of the tenants that are proven, the one whose last proof is oldest. */
  readonly provenSince: Date | null
  /** Of the tenants that are backed up, the one whose newest backup is oldest. */
  readonly oldest: Date | null
  readonly damaged: number
  readonly bytes: number
  /** Some that have none. */
  readonly without: readonly string[]
}

export const coverage: Sql<Coverage> = askedAlike(sql<Coverage>`
  with each as (
    select t.slug, b.newest, b.verified, b.proven
    from catalog.tenant t
    left join (
      select tenant_id, max(taken_at) as newest, max(verified_at) as verified, max(proven_at) as proven
      from catalog.backup
      where state = 'kept' and damage is null
      group by tenant_id
    ) b on b.tenant_id = t.id
    where t.state in ('active', 'suspended', 'read_only') and not starts_with(t.slug, '~')
  )
  select count(*)::int as tenants, count(newest)::int as "backedUp", count(verified)::int as verified, count(proven)::int as proven,
         min(proven) as "provenSince", min(newest) as oldest,
         (select count(*)::int from catalog.backup b where b.state = 'kept' and b.damage is not null) as damaged,
         (select coalesce(sum(b.bytes), 0)::float8 from catalog.backup b where b.state = 'kept') as bytes,
         array(select e.slug from each e where e.newest is null order by e.slug limit 20) as without
  from each`)
