-- What Tenantry installs in a tenant-bearing database. The placements here decide; the catalog follows.
create schema tenantry;
revoke all on schema tenantry from public;

-- Which database this is. A pooler that points somewhere else is noticed by the first scope, which compares with tenantry.database_id(): the same
-- value as a constant, made when this is installed, since reading a table for it would cost every scope more than the comparison.
create table tenantry.identity (
  only_row boolean primary key default true check (only_row),
  database_id uuid not null,
  platform_id text not null
);

create table tenantry.home (
  id uuid primary key,
  isolation text not null check (isolation in ('shared', 'schema', 'database')),
  schema_name text not null unique,
  role_name text not null,
  version text not null default ''
);

-- Role, search_path and version are those of the home, repeated so that entering reads one row: joined, it costs a quarter more.
create table tenantry.placement (
  tenant_id uuid primary key,
  home_id uuid not null references tenantry.home (id),
  epoch bigint not null,
  state text not null check (state in ('active', 'suspended', 'read_only', 'moved')),
  role_name text not null,
  search_path text not null,
  version text not null,
  -- Never read, never written: `for share` needs update on one column, and this is the one.
  latch boolean
) with (fillfactor = 80);
create index placement_home on tenantry.placement (home_id);

/*
 * Another value, drawn by lot, whenever a placement has changed. A sequence, since its value is seen at once by everyone, whatever snapshot they look
 * through: whoever holds a tenant's lock and finds the stamp as it was when they learnt the placement knows that it has not changed. That needs two
 * things. What decides about entering (all but the version) changes only under the tenant's exclusive lock, which the trigger takes if nobody has, and
 * which is held until the change is committed. And the placement is learnt under the shared lock, after the stamp. By lot, so that no history comes
 * to the same value twice. Since a sequence is no part of transactions, a server that crashed, was restored or was failed over may have the stamp of a
 * change without the change: so clients forget what they know when their connections break, and a restore renews the stamp.
 */
create sequence tenantry.placement_stamp;

create function tenantry.renew_stamp() returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select setval('tenantry.placement_stamp', greatest(1, uuid_hash_extended(gen_random_uuid(), 0) & 9223372036854775807))
$$;
revoke all on function tenantry.renew_stamp() from public;
select tenantry.renew_stamp();

create function tenantry.stamp_placement() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(uuid_hash_extended(old.tenant_id, 7426));
  perform tenantry.renew_stamp();
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
revoke all on function tenantry.stamp_placement() from public;

create trigger stamp_change before update on tenantry.placement
  for each row
  when ((old.tenant_id, old.home_id, old.epoch, old.state, old.role_name, old.search_path)
    is distinct from (new.tenant_id, new.home_id, new.epoch, new.state, new.role_name, new.search_path))
  execute function tenantry.stamp_placement();
create trigger stamp_removal before delete on tenantry.placement
  for each row execute function tenantry.stamp_placement();
create function tenantry.stamp_truncation() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenantry.renew_stamp();
  return null;
end
$$;
revoke all on function tenantry.stamp_truncation() from public;
create trigger stamp_truncation before truncate on tenantry.placement
  for each statement execute function tenantry.stamp_truncation();
-- Whoever writes as a replica does, skips other triggers.
alter table tenantry.placement
  enable always trigger stamp_change,
  enable always trigger stamp_removal,
  enable always trigger stamp_truncation;

create table tenantry.migration (
  home_id uuid not null,
  version text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp(),
  operation_id uuid,
  primary key (home_id, version)
);

-- The newest fencing token that wrote here, per operation. A worker that was taken for dead writes an older one and is refused.
create table tenantry.operation_fence (
  operation_id uuid primary key,
  token bigint not null
);

create function tenantry.fence(operation uuid, worker_token bigint) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenantry.operation_fence as f (operation_id, token) values (operation, worker_token)
    on conflict (operation_id) do update set token = excluded.token where f.token <= excluded.token;
  if not found then
    raise exception 'operation % has been taken over', operation using errcode = 'TN010';
  end if;
end
$$;
revoke all on function tenantry.fence(uuid, bigint) from public;

/*
 * Enters a tenant for the rest of the transaction, or raises. The client passes what it expects and needs no second look.
 *
 * The lock comes first and the placement is read after it, by a statement of its own with a snapshot of its own: a function of one statement
 * would read the placement as it was before it waited. At repeatable read and above even the second statement sees the transaction's first
 * snapshot, so there the row itself is locked: if the fence has changed it meanwhile, that raises 40001, which here means a stale epoch.
 *
 * No `set search_path` on this function: it would undo the search_path that the function sets for the transaction. So every name in it is
 * qualified, operators included where a schema on the caller's path could have another. Nothing is evaluated after search_path has changed: plans of
 * expressions are valid for one search_path, and would be made anew in every scope.
 *
 * SQLSTATEs: TN001 unknown, TN002 stale epoch, TN003 suspended, TN004 other schema version, TN005 other database, TN006 read-only, TN007 moved,
 * 55P03 being changed (the wait for the fence took too long).
 */
create function tenantry.enter_v1(tenant uuid, expected_epoch bigint, expected_version text, expected_database uuid, actor text, request text)
returns text
language plpgsql volatile security definer
as $$
declare
  found_epoch bigint;
  found_state text;
  found_version text;
  home_role text;
  home_path text;
  bound text;
begin
  -- A fence that holds or awaits the exclusive lock makes this fail at once; only then is a bound on the wait worth its price.
  if not pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(tenant, 7426)) then
    bound := pg_catalog.current_setting('lock_timeout');
    perform pg_catalog.set_config('lock_timeout', '5s', true);
    perform pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(tenant, 7426));
    perform pg_catalog.set_config('lock_timeout', bound, true);
  end if;
  select p.epoch, p.state, p.version, p.role_name, p.search_path
    into found_epoch, found_state, found_version, home_role, home_path
    from tenantry.placement p
    where p.tenant_id operator(pg_catalog.=) tenant;
  -- Nearly always all is as expected, and one expression says so.
  if (found_epoch operator(pg_catalog.=) expected_epoch
      and found_state operator(pg_catalog.=) 'active'
      and found_version operator(pg_catalog.=) expected_version
      and expected_database operator(pg_catalog.=) tenantry.database_id()
      and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed') is not true
  then
    if expected_database operator(pg_catalog.<>) tenantry.database_id() then
      raise exception 'this is not the expected database' using errcode = 'TN005';
    end if;
    if found_epoch is null then
      raise exception 'unknown tenant' using errcode = 'TN001';
    end if;
    if pg_catalog.current_setting('transaction_read_only') operator(pg_catalog.<>) 'on' then
      if pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.<>) 'read committed' then
        perform 1 from tenantry.placement p where p.tenant_id operator(pg_catalog.=) tenant for share;
      end if;
      if found_state operator(pg_catalog.=) 'read_only' then
        raise exception 'the tenant may only be read' using errcode = 'TN006';
      end if;
    end if;
    if found_state operator(pg_catalog.=) 'moved' then
      raise exception 'the tenant has moved' using errcode = 'TN007';
    end if;
    if found_state operator(pg_catalog.=) 'suspended' then
      raise exception 'the tenant is suspended' using errcode = 'TN003';
    end if;
    if found_epoch operator(pg_catalog.<>) expected_epoch then
      raise exception 'stale epoch' using errcode = 'TN002';
    end if;
    if found_version operator(pg_catalog.<>) expected_version then
      -- The client needs the version only to keep its plans apart, so it may learn it here.
      raise exception 'other schema version' using errcode = 'TN004', detail = found_version;
    end if;
  end if;
  return case
    when pg_catalog.set_config('tenantry.context', tenant::text || E'\x1f' || actor || E'\x1f' || request, true) is not null
      and pg_catalog.set_config('search_path', home_path, true) is not null
    then home_role
  end;
end
$$;
revoke all on function tenantry.enter_v1(uuid, bigint, text, uuid, text, text) from public;

/*
 * The short way in, for clients that keep prepared statements: `hold_v1` takes the lock, then the stamp is compared with the one that came with the
 * placement which the client knows. `no_entrance_v1` raises TN009 where it differs. It ends where `enter_v1` ends, without the price of a call into
 * PL/pgSQL and of reading the placement. A client learns a placement by `hold_v1`, the stamp, and `entrance_v1`: each in a statement of its own and in
 * this order, at read committed.
 */
create function tenantry.wait_v1(tenant uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  bound text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', '5s', true);
  perform pg_advisory_xact_lock_shared(uuid_hash_extended(tenant, 7426));
  perform set_config('lock_timeout', bound, true);
  return true;
end
$$;
revoke all on function tenantry.wait_v1(uuid) from public;

-- One expression without settings of its own, so that the planner inlines it.
create function tenantry.hold_v1(tenant uuid) returns boolean
language sql volatile
as $$
  select pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(tenant, 7426)) or tenantry.wait_v1(tenant)
$$;
revoke all on function tenantry.hold_v1(uuid) from public;

create view tenantry.entrance_v1 as
  select p.tenant_id, p.epoch, p.version, p.role_name, p.search_path
  from tenantry.placement p
  where p.state = 'active';
revoke all on tenantry.entrance_v1 from public;

create function tenantry.no_entrance_v1() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'the tenant is not to be entered in the short way' using errcode = 'TN009';
end
$$;
revoke all on function tenantry.no_entrance_v1() from public;

create function tenantry.no_tenant() returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'no tenant has been entered in this transaction' using errcode = 'TN000';
end
$$;

/*
 * The tenant of the scope. Raises TN000 outside of one: silence would read as "no rows".
 * One expression of the SQL language and no settings of its own, so that the planner inlines it. `strict` will change this body and no policy.
 */
create function tenantry.tenant() returns uuid
language sql stable parallel safe
as $$
  select coalesce(nullif(pg_catalog.left(pg_catalog.current_setting('tenantry.context', true), 36), '')::uuid, tenantry.no_tenant())
$$;

create function tenantry.actor() returns text
language sql stable parallel safe
as $$
  select nullif(pg_catalog.split_part(pg_catalog.current_setting('tenantry.context', true), E'\x1f', 2), '')
$$;

create function tenantry.request() returns text
language sql stable parallel safe
as $$
  select nullif(pg_catalog.split_part(pg_catalog.current_setting('tenantry.context', true), E'\x1f', 3), '')
$$;
revoke all on function tenantry.no_tenant(), tenantry.tenant(), tenantry.actor(), tenantry.request() from public;

-- A function's signature cannot be a bind parameter of ALTER FUNCTION; it is resolved here, by the server's own parser of signatures.
create function tenantry.hand_over_function(signature text, new_owner text) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  target regprocedure := signature::regprocedure;
begin
  execute format('alter routine %s owner to %I', target, new_owner);
end
$$;
revoke all on function tenantry.hand_over_function(text, text) from public;
