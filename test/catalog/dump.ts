import { sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'

/** All that the catalog says of where tenants are, by SQL of this test's own. */
export const dump = (catalog: Database) =>
  catalog.rows(sql<Record<string, unknown> & { tenant: string; slug: string }>`
    select t.id as tenant, t.slug, t.name, t.state, t.state_reason, t.isolation, t.created_at::text, t.deleted_from, t.deleted_at::text, t.purge_after::text,
           t.held_for, t.tier, t.labels, t.statement_timeout_ms, p.epoch::int, h.id as home, h.isolation as home_isolation, h.schema_name, h.role_name,
           h.login_name, h.state as home_state, h.version, h.adopted_version, d.adopted, h.applied, h.digest, d.id as database, d.name as database_name, d.state as database_state,
           d.platform_digest, c.id as cluster, c.name as cluster_name, c.admin_ref, c.app_host, c.app_port, c.app_tls, c.app_sslmode, c.app_ca_ref, c.pooler_secret_ref, c.pooler_version, c.app_secret_ref, c.pooler,
           c.server_version, c.system_id, c.hardened, c.login_side, c.draining, c.default_database,
           (select jsonb_agg(f.slug || ' ' || f.redirects order by f.slug) from catalog.former_slug f where f.tenant_id = t.id) as former,
           (select jsonb_agg(b.home_id || ' ' || b.kind || ' ' || b.state || ' ' || b.partial || ' ' || coalesce(b.until::text, '-') || ' ' || coalesce(b.note, '-') order by b.home_id)
            from catalog.beside b where b.tenant_id = t.id) as besides,
           (select jsonb_agg(n.domain || ' ' || n.token order by n.domain) from catalog.tenant_domain n where n.tenant_id = t.id) as domains
    from catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    join catalog.home h on h.id = p.home_id
    join catalog.database d on d.id = h.database_id
    join catalog.cluster c on c.id = d.cluster_id
    order by t.id`)
