import { type Sql, sql } from '../kernel/sql.js'
import { type Backup, ofTenant, unproven } from './backups.js'

const POLICY_SCOPES = ['tenant', 'label', 'tier', 'all'] as const
export type PolicyScope = (typeof POLICY_SCOPES)[number]

/** How many backups of each kind are made and kept by themselves. */
export interface BackupPolicy {
  readonly id: string
  readonly scope: PolicyScope
  /** The id of a tenant, `key=value`, the name of a tier; empty for all. */
  readonly target: string
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly hour: number
}

/** One at a time begins to do what is due. */
export const lockBackupRuns = sql`select pg_advisory_xact_lock(7430)`

export const setPolicy = (p: BackupPolicy): Sql => sql`
  insert into catalog.backup_policy (id, scope, target, daily, weekly, monthly, hour)
  values (${p.id}, ${p.scope}, ${p.target}, ${p.daily}, ${p.weekly}, ${p.monthly}, ${p.hour})
  on conflict (scope, target) do update
    set daily = excluded.daily, weekly = excluded.weekly, monthly = excluded.monthly, hour = excluded.hour, set_at = clock_timestamp()`

export const removePolicy = (scope: PolicyScope, target: string): Sql =>
  sql`delete from catalog.backup_policy where scope = ${scope} and target = ${target}`

/** That of a tenant `t`, as `p`: of several that fit, the narrowest. */
const policyOf: Sql = sql`
  lateral (
    select q.*
    from catalog.backup_policy q
    where (q.scope = 'tenant' and q.target = t.id::text)
      or (q.scope = 'label' and t.labels ->> split_part(q.target, '=', 1) = substr(q.target, strpos(q.target, '=') + 1))
      or (q.scope = 'tier' and q.target = t.tier)
      or q.scope = 'all'
    order by array_position(${[...POLICY_SCOPES]}::text[], q.scope), q.target
    limit 1
  ) p`

const backedUp = sql`t.state in ('active', 'suspended', 'read_only') and not starts_with(t.slug, '~')`

/** With how many tenants each is in force for. */
export const listPolicies: Sql<BackupPolicy & { slug: string | null; tenants: number }> = sql<
  BackupPolicy & { slug: string | null; tenants: number }
>`
  select o.id, o.scope, o.target, o.daily, o.weekly, o.monthly, o.hour,
         (select s.slug from catalog.tenant s where o.scope = 'tenant' and s.id::text = o.target) as slug,
         (select count(*)::int from catalog.tenant t cross join ${policyOf} where ${backedUp} and p.id = o.id) as tenants
  from catalog.backup_policy o
  order by array_position(${[...POLICY_SCOPES]}::text[], o.scope), o.target`

/** Since when the hour, day, week or month of a policy `p` has run. */
const since = (unit: 'day' | 'week' | 'month'): Sql => sql`
  date_trunc(${unit}, clock_timestamp() - make_interval(hours => p.hour), 'UTC') + make_interval(hours => p.hour)`

const none = (kinds: readonly string[], unit: 'day' | 'week' | 'month'): Sql => sql`
  not exists (
    select from catalog.backup b
    where b.tenant_id = t.id and b.state = 'kept' and b.damage is null and b.kind = any (${[...kinds]}::text[]) and b.begun_at >= ${since(unit)})`

// Whoever makes them needs a while.
const OVERDUE: Sql = sql`interval '1 hour'`

const lacks = (unit: 'day' | 'week' | 'month', kinds: readonly string[]): Sql =>
  sql`(${since(unit)} < clock_timestamp() - ${OVERDUE} and ${none(kinds, unit)})`

/** Tenants of which a policy has wanted a backup for an hour. */
export const countOverdue: Sql<{ tenants: number }> = sql<{ tenants: number }>`
  select count(*)::int as tenants
  from catalog.tenant t
  cross join ${policyOf}
  where ${backedUp}
    and t.created_at < clock_timestamp() - ${OVERDUE}
    and (p.monthly > 0 and ${lacks('month', ['monthly'])}
      or p.weekly > 0 and ${lacks('week', ['weekly', 'monthly'])}
      or p.daily > 0 and ${lacks('day', ['daily', 'weekly', 'monthly'])})`

export interface DueBackup {
  readonly id: string
  readonly slug: string
  readonly cluster: string
  readonly kind: 'daily' | 'weekly' | 'monthly'
}

/** What policies want made now. One backup may be that of the day, of its week and of its month at once: it is of the rarest kind that is wanted. */
export const dueBackups: Sql<DueBackup> = sql<DueBackup>`
  select t.id, t.slug, c.name as cluster, k.kind
  from catalog.tenant t
  join catalog.placement l on l.tenant_id = t.id
  join catalog.home h on h.id = l.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  cross join ${policyOf}
  cross join lateral (
    select case
      when p.monthly > 0 and ${none(['monthly'], 'month')} then 'monthly'
      when p.weekly > 0 and ${none(['weekly', 'monthly'], 'week')} then 'weekly'
      when p.daily > 0 and ${none(['daily', 'weekly', 'monthly'], 'day')} then 'daily'
    end as kind
  ) k
  where ${backedUp} and k.kind is not null and exists (select from catalog.backup_policy)
  order by t.created_at, t.id`

/** What an earlier attempt at such a run has made, and died before it was verified: no policy wants it made any more. */
export const dueUnverified = (operation: string): Sql<DueBackup> => sql<DueBackup>`
  select t.id, t.slug, c.name as cluster, b.kind
  from catalog.backup b
  join catalog.tenant t on t.id = b.tenant_id
  join catalog.placement l on l.tenant_id = t.id
  join catalog.home h on h.id = l.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where b.operation_id = ${operation} and b.state = 'kept' and b.verified_at is null and b.damage is null`

/** Whom a backup is of: a tenant, or the platform tables of a database. */
const owner = (backup: Sql): Sql => sql`coalesce(${backup}.tenant_id, ${backup}.database_id)`

/**
 * Backups that are wanted no more: their time is over, or their policy keeps as many newer ones. None of these: what no newer verified one is there for (one that is unproven is none), what
 * is under legal hold, what somebody is at work with. The one exception are tenants that are gone: there can be no newer one, and theirs go when their own time is over.
 */
const wantedNoMore: Sql = sql`
  ranked as (
    -- Its place among those that are whole: one that is damaged takes nobody's place, and does not go sooner for it.
    select b.id,
           1 + count(*) filter (where b.damage is null) over newer as daily,
           case when b.kind <> 'daily' then 1 + count(*) filter (where b.damage is null and b.kind <> 'daily') over newer end as weekly,
           case when b.kind = 'monthly' then 1 + count(*) filter (where b.damage is null and b.kind = 'monthly') over newer end as monthly
    from catalog.backup b
    where b.state = 'kept' and b.kind in ('daily', 'weekly', 'monthly')
    window newer as (partition by b.tenant_id order by b.taken_at desc, b.id rows between unbounded preceding and 1 preceding)
  ), unwanted as (
    select b.id
    from catalog.backup b
    left join catalog.tenant t on t.id = b.tenant_id
    left join catalog.tombstone gone on gone.tenant_id = b.tenant_id
    left join ranked r on r.id = b.id
    left join ${policyOf} on t.id is not null and b.kind in ('daily', 'weekly', 'monthly')
    where b.state = 'kept'
      and t.held_for is null
      and gone.held_for is null
      and (b.expires_at <= clock_timestamp()
        or (p.id is not null
          and not coalesce(r.daily <= p.daily, false) and not coalesce(r.weekly <= p.weekly, false) and not coalesce(r.monthly <= p.monthly, false)))
      and (exists (
          select from catalog.backup n
          -- Of a database, platform tables and a dump do not stand for each other.
          where ${owner(sql`n`)} = ${owner(sql`b`)} and (b.tenant_id is not null or n.kind = b.kind) and n.state = 'kept' and n.verified_at is not null and n.damage is null and n.taken_at > b.taken_at
            and not ${unproven(sql`n`)})
        or (b.tenant_id is not null and t.id is null))
      and not exists (
        select from catalog.operation o
        where o.state in ('running', 'undoing', 'paused')
          -- Named by its id, or found by the name of its tenant: then it is in the journal, or beside the tenant.
          and (o.input ->> 'backup' = b.id::text
            or exists (select from catalog.operation_step s where s.operation_id = o.id and s.output -> 'origin' ->> 'backup' = b.id::text)
            or exists (select from catalog.beside e where e.tenant_id = o.subject and e.backup_id = b.id)))
  )`

export type Prunable = Pick<Backup, 'id' | 'tenant' | 'databaseId' | 'slug' | 'bytes' | 'store' | 'copies'>

export const prunableBackups = (tenant: string | null, limit: number): Sql<Prunable> => sql<Prunable>`
  with ${wantedNoMore}
  select b.id, b.tenant_id as tenant, b.database_id as "databaseId", b.slug, b.bytes::float8 as bytes, b.store, b.copies
  from unwanted u
  join catalog.backup b on b.id = u.id
  where ${tenant}::text is null or ${ofTenant(tenant)}
  order by b.taken_at, b.id
  limit ${limit}`

/**
 * Asked once more, in the transaction that decides it. Touches no row where it is to stay after all. What newer ones say is held meanwhile, and so is the
 * tenant, so that nobody holds it or finds damage in between.
 */
export const beginRemoval = (id: string): Sql => sql`
  with ${wantedNoMore}
  update catalog.backup b set state = 'removing' from unwanted u where u.id = b.id and b.id = ${id}`

export const lockForRemoval = (id: string): Sql => sql`
  select 1 from catalog.backup n
  where ${owner(sql`n`)} = (select ${owner(sql`b`)} from catalog.backup b where b.id = ${id})
  order by n.id
  for update`

/** The tenant that a backup is of, or its tombstone, and why that is under hold; nobody changes it until the transaction ends. */
export const lockTenantOf = (backup: string): Sql<{ slug: string; heldFor: string | null }> => sql<{
  slug: string
  heldFor: string | null
}>`
  with here as (
    select t.slug, t.held_for from catalog.tenant t where t.id = (select b.tenant_id from catalog.backup b where b.id = ${backup}) for share
  ), gone as (
    select t.slug, t.held_for from catalog.tombstone t where t.tenant_id = (select b.tenant_id from catalog.backup b where b.id = ${backup}) for share
  )
  select slug, held_for as "heldFor" from here union all select slug, held_for from gone`
