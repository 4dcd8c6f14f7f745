import { type Sql, sql } from '../kernel/sql.js'

/** What the catalog knows of a subject, as of one change. */
export interface KeptFacts {
  readonly subject: string
  readonly change: string
  readonly facts: unknown
}

// Guarded by the number of the change in place of a fencing token: whoever comes late with an older one writes nothing.

/** A tenant that is not placed here (any more) is passed over. */
export const keepTenantFacts = (kept: readonly KeptFacts[]): Sql => sql`
  insert into tenantry.tenant_fact as f (tenant_id, change, facts)
  select k.subject, k.change, k.facts
  from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as k (subject uuid, change bigint, facts jsonb)
  join tenantry.placement p on p.tenant_id = k.subject
  on conflict (tenant_id) do update
    set change = excluded.change, facts = excluded.facts, kept_at = clock_timestamp()
    where f.change <= excluded.change`

/**
 * Under the fence of a tenant: lets nobody in, and leaves the epoch as it was before the fence raised it. Two databases that both have a tenant are told
 * apart by their epochs, and what has closed one of them may die before it gets to the other.
 */
export const suspendInDoubt = (tenant: string, raised: number): Sql =>
  sql`update tenantry.placement set state = 'suspended', epoch = ${raised - 1} where tenant_id = ${tenant}`

/** As of the change that the doubt came from: whatever the catalog says afterwards takes its place. */
export const keepDoubt = ({ subject, change, facts }: KeptFacts): Sql => sql`
  insert into tenantry.tenant_fact as f (tenant_id, change, facts)
  values (${subject}, ${change}::bigint, ${JSON.stringify(facts)}::jsonb)
  on conflict (tenant_id) do update
    set change = excluded.change, facts = excluded.facts, kept_at = clock_timestamp()
    where f.change <= excluded.change`

export const keepClusterFacts = (kept: readonly KeptFacts[]): Sql => sql`
  insert into tenantry.cluster_fact as f (cluster_id, change, facts)
  select k.subject, k.change, k.facts
  from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as k (subject uuid, change bigint, facts jsonb)
  on conflict (cluster_id) do update
    set change = excluded.change, facts = excluded.facts, kept_at = clock_timestamp()
    where f.change <= excluded.change`
