-- Warm tenants: made before anybody asks for them, claimed by a change of state. They have no slug of their own yet: what starts with "~" is none.
alter table catalog.tenant
  drop constraint tenant_state_check,
  add constraint tenant_state_check check (state in ('creating', 'warm', 'active', 'suspended', 'read_only', 'deleted', 'purging')),
  add constraint tenant_unclaimed check (state <> 'warm' or starts_with(slug, '~'));
create index tenant_warm on catalog.tenant (isolation, created_at) where state = 'warm';

-- How many warm tenants there should be.
create table catalog.stock (
  cluster_id uuid not null references catalog.cluster (id) on delete cascade,
  isolation text not null check (isolation in ('shared', 'schema', 'database')),
  target integer not null check (target between 0 and 100000),
  primary key (cluster_id, isolation)
);

create or replace function catalog.resolve_v1(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'tenant', t.id,
    'slug', t.slug,
    'state', t.state,
    'isolation', h.isolation,
    'home', h.id,
    'schema', h.schema_name,
    'version', h.version,
    'epoch', p.epoch::text,
    'databaseId', d.id,
    'database', d.name,
    'login', h.login_name,
    'host', c.app_host,
    'port', c.app_port,
    'tls', c.app_tls,
    'pooler', c.pooler,
    'secret', c.app_secret_ref
  )
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where t.state not in ('creating', 'warm')
    and case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end;
end;
