-- What the configuration says of tiers, for those who do not read it: applications, which are told limits with the placement, and the watchdog.
create table catalog.tier (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,38}$'),
  statement_timeout_ms integer check (statement_timeout_ms > 0),
  idle_timeout_ms integer check (idle_timeout_ms > 0),
  -- How long others may wait behind a lock on a shared table.
  lock_timeout_ms integer check (lock_timeout_ms > 0)
);

-- A session is known by the advisory lock of the scope that it is in, and the lock by this key.
create index tenant_scope_key on catalog.tenant (uuid_hash_extended(id, 7426));
create index tenant_limits on catalog.tenant (statement_timeout_ms, idle_timeout_ms)
  where statement_timeout_ms is not null or idle_timeout_ms is not null;

-- What a worker is about to stop, so that of several that see the same thing one does it, and tells of it once. Whoever dies over it is followed by another.
create table catalog.watchdog_act (
  act text primary key,
  at timestamptz not null default clock_timestamp()
);

-- As before: a limit that the tenant does not have itself is that of its tier.
create or replace function catalog.resolve_v2(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    catalog.resolve_v1(ref) || (
      select jsonb_build_object(
        'limits', case when own.statement_ms is not null or own.idle_ms is not null
          then jsonb_build_object('statementTimeoutMs', own.statement_ms, 'idleTimeoutMs', own.idle_ms) end)
      from (
        select coalesce(t.statement_timeout_ms, r.statement_timeout_ms) as statement_ms,
               coalesce(t.idle_timeout_ms, r.idle_timeout_ms) as idle_ms
        from catalog.tenant t
        left join catalog.tier r on r.name = t.tier
        where case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end
      ) as own
    ),
    (
      select jsonb_build_object('renamed', t.slug, 'id', t.id, 'redirects', f.redirects)
      from catalog.former_slug f
      join catalog.tenant t on t.id = f.tenant_id
      where f.slug = ref
    )
  );
end;
