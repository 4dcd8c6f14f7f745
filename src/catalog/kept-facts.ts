import { type Sql, sql } from '../kernel/sql.js'

/** A change that has not been carried to where its subject lives. Without a database its subject is gone. */
export interface DueFacts {
  readonly subject: string
  readonly change: string
  readonly databaseId: string | null
  readonly facts: unknown
}

const PAGE = 500

/** Those of a tenant that is still being made come with its end. `skip`: databases that cannot be reached at the moment. */
export const dueTenants = (skip: readonly string[]): Sql<DueFacts> => sql<DueFacts>`
  select f.subject, f.change::text as change, h.database_id as "databaseId", jsonb_build_object(
    'slug', t.slug, 'name', t.name, 'state', t.state, 'reason', t.state_reason, 'since', t.state_since, 'createdAt', t.created_at,
    'deletedFrom', t.deleted_from, 'deletedFromReason', t.deleted_from_reason, 'deletedAt', t.deleted_at, 'purgeAfter', t.purge_after,
    'heldFor', t.held_for, 'tier', t.tier, 'region', t.region, 'labels', t.labels,
    'statementTimeoutMs', t.statement_timeout_ms, 'idleTimeoutMs', t.idle_timeout_ms, 'adoptedVersion', h.adopted_version, 'home', p.home_id,
    'beside', (select coalesce(jsonb_agg(jsonb_build_object(
                 'home', b.home_id, 'kind', b.kind, 'backup', b.backup_id, 'partial', b.partial, 'madeAt', b.made_at, 'until', b.until, 'note', b.note)), '[]')
               from catalog.beside b where b.tenant_id = t.id and b.state = 'kept'),
    'formerSlugs', (select coalesce(jsonb_agg(jsonb_build_object('slug', s.slug, 'redirects', s.redirects, 'since', s.since)), '[]')
                    from catalog.former_slug s where s.tenant_id = t.id),
    'domains', (select coalesce(jsonb_agg(jsonb_build_object(
                  'domain', d.domain, 'token', d.token, 'state', d.state, 'addedAt', d.added_at, 'verifiedAt', d.verified_at)), '[]')
                from catalog.tenant_domain d where d.tenant_id = t.id)
  ) as facts
  from catalog.fact_due f
  left join catalog.tenant t on t.id = f.subject
  left join catalog.placement p on p.tenant_id = t.id
  left join catalog.home h on h.id = p.home_id
  where f.kind = 'tenant'
    and t.state is distinct from 'creating'
    and (h.database_id is null or h.database_id <> all (${skip}::uuid[]))
  order by h.database_id, f.change
  limit ${PAGE}`

export const dueClusters = (skip: readonly string[]): Sql<DueFacts> => sql<DueFacts>`
  select f.subject, f.change::text as change, d.id as "databaseId", jsonb_build_object(
    'name', c.name, 'adminRef', c.admin_ref, 'appHost', c.app_host, 'appPort', c.app_port, 'appTls', c.app_tls,
    'appSslmode', c.app_sslmode, 'appCaRef', c.app_ca_ref, 'appSecretRef', c.app_secret_ref, 'pooler', c.pooler,
    'poolerSecretRef', c.pooler_secret_ref, 'poolerVersion', c.pooler_version, 'draining', c.draining, 'loginSide', c.login_side, 'oldLoginsSince', c.old_logins_since, 'createdAt', c.created_at,
    'stock', (select coalesce(jsonb_agg(jsonb_build_object('isolation', s.isolation, 'target', s.target)), '[]')
              from catalog.stock s where s.cluster_id = c.id),
    'revocations', (select coalesce(jsonb_agg(jsonb_build_object('database', r.database_name, 'undo', r.undo)), '[]')
                    from catalog.revocation r where r.cluster_id = c.id)
  ) as facts
  from catalog.fact_due f
  left join catalog.cluster c on c.id = f.subject
  left join catalog.database d on d.id = c.default_database
  where f.kind = 'cluster'
    and d.state is distinct from 'creating'
    and (d.id is null or d.id <> all (${skip}::uuid[]))
  order by f.change
  limit ${PAGE}`

/** What has changed again meanwhile stays due. */
export const factsAreKept = (kept: readonly Pick<DueFacts, 'subject' | 'change'>[]): Sql => sql`
  delete from catalog.fact_due f
  using unnest(${kept.map(({ subject }) => subject)}::uuid[], ${kept.map(({ change }) => change)}::bigint[]) as done (subject, change)
  where f.subject = done.subject and f.change = done.change`
