-- How applications know who answers at a cluster's address, and what is known of the pooler there.
alter table catalog.cluster
  -- As libpq calls it. What leaves the machine is verified, unless somebody has said that it need not be.
  add column app_sslmode text not null default 'disable' check (app_sslmode in ('disable', 'require', 'verify-ca', 'verify-full')),
  -- A reference to the authorities that sign for that address; null are those that applications believe anyway.
  add column app_ca_ref text,
  -- A reference to the password of the role that the pooler asks for verifiers with; null where it keeps a list of its own.
  add column pooler_secret_ref text,
  -- As it was declared; the pooler itself is asked where it answers.
  add column pooler_version text check (pooler_version ~ '^[0-9]+\.[0-9]+(\.[0-9]+)?$');
update catalog.cluster set app_sslmode = 'verify-full' where app_tls;
-- Clients of older releases know only this one: what it calls TLS, they verify.
alter table catalog.cluster add constraint cluster_tls check (app_tls = (app_sslmode <> 'disable'));

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
    'sslmode', c.app_sslmode,
    'ca', c.app_ca_ref,
    'pooler', c.pooler,
    'secret', c.app_secret_ref
  )
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where t.state not in ('creating', 'warm')
    and not starts_with(t.slug, '~')
    and case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end;
end;
