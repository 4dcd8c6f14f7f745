alter table catalog.tenant
  -- The seed files that a warm tenant has had, as "name:checksum": so a claim knows without visiting it whether it is what would be made today.
  add column seeds text[] not null default '{}',
  -- A warm tenant that is taken away has never been anybody's, so it was never deleted.
  drop constraint tenant_deletion,
  add constraint tenant_deletion check (
    state not in ('deleted', 'purging')
    or starts_with(slug, '~')
    or (deleted_at is not null and purge_after is not null and deleted_from is not null)
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
    and not starts_with(t.slug, '~')
    and case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end;
end;
