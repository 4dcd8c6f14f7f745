-- How hard the wall of this database is: see docs/assurance.md. `strict` and `dedicated` want a signed token of whoever enters.
alter table tenantry.identity
  add column assurance text not null default 'standard' check (assurance in ('standard', 'strict', 'dedicated'));

-- Repeated from there, so that entering reads one row. While the assurance is being changed, some tenants want a token already and some do not yet.
alter table tenantry.placement add column signed boolean not null default false;

create function tenantry.sign_placement() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Held until the placement is there for all to see: whoever changes the assurance then lists the tenants that are to change with it.
  select i.assurance <> 'standard' into new.signed from tenantry.identity i for share;
  return new;
end
$$;
revoke all on function tenantry.sign_placement() from public;
create trigger sign_placement before insert on tenantry.placement
  for each row execute function tenantry.sign_placement();
alter table tenantry.placement enable always trigger sign_placement;

-- The keys of tokens: two at most, so that one can be exchanged for another while both are believed. `catalog rebuild` reads the key, entering the
-- pads (RFC 2104), which are the key xor 0x36 and xor 0x5c. Nobody is granted anything on them.
create table tenantry.signing_key (
  id integer primary key,
  key bytea not null check (length(key) = 32),
  inner_pad bytea not null check (length(inner_pad) = 64),
  outer_pad bytea not null check (length(outer_pad) = 64),
  added_at timestamptz not null default clock_timestamp()
);
revoke all on tenantry.signing_key from public;

create or replace trigger stamp_change before update on tenantry.placement
  for each row
  when ((old.tenant_id, old.home_id, old.epoch, old.state, old.role_name, old.search_path, old.signed)
    is distinct from (new.tenant_id, new.home_id, new.epoch, new.state, new.role_name, new.search_path, new.signed))
  execute function tenantry.stamp_placement();
alter table tenantry.placement enable always trigger stamp_change;

create or replace view tenantry.entrance_v1 as
  select p.tenant_id, p.epoch, p.version, p.role_name, p.search_path
  from tenantry.placement p
  where p.state = 'active' and not p.signed;

-- As before, and TN014 where a token is wanted.
create or replace function tenantry.enter_v1(
  tenant uuid, expected_epoch bigint, expected_version text, expected_database uuid, actor text, request text
) returns text
language plpgsql volatile security definer
as $$
declare
  found_epoch bigint;
  found_state text;
  found_version text;
  home_role text;
  home_path text;
  wants_token boolean;
  bound text;
begin
  -- A fence that holds or awaits the exclusive lock makes this fail at once; only then is a bound on the wait worth its price.
  if not pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(tenant, 7426)) then
    bound := pg_catalog.current_setting('lock_timeout');
    perform pg_catalog.set_config('lock_timeout', '5s', true);
    perform pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(tenant, 7426));
    perform pg_catalog.set_config('lock_timeout', bound, true);
  end if;
  select p.epoch, p.state, p.version, p.role_name, p.search_path, p.signed
    into found_epoch, found_state, found_version, home_role, home_path, wants_token
    from tenantry.placement p
    where p.tenant_id operator(pg_catalog.=) tenant;
  -- Nearly always all is as expected, and one expression says so.
  if (found_epoch operator(pg_catalog.=) expected_epoch
      and found_state operator(pg_catalog.=) 'active'
      and found_version operator(pg_catalog.=) expected_version
      and expected_database operator(pg_catalog.=) tenantry.database_id()
      and not wants_token
      and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed') is not true
  then
    if expected_database operator(pg_catalog.<>) tenantry.database_id() then
      raise exception 'this is not the expected database' using errcode = 'TN005';
    end if;
    if found_epoch is null then
      raise exception 'unknown tenant' using errcode = 'TN001';
    end if;
    if wants_token then
      raise exception 'the tenant is entered with a signed token only' using errcode = 'TN014';
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

/*
 * As enter_v1, for whoever shows a token. `context` is `t_`, the tenant's id without hyphens, and actor and request as hexadecimal digits, each after an
 * underscore; `signature` is the HMAC-SHA256 of `database|epoch|expires|context` by the key `key_id`; `expires` is in seconds since 1970 by the clock of
 * this server, and at most two minutes ahead of it. What is entered is kept in a setting that only a superuser may write: the tenant's own SQL can neither
 * change it nor forge another. It is an option for developers of PostgreSQL that names functions of the server's code; none is called like a context.
 *
 * SQLSTATEs: those of enter_v1, and TN011 not signed by its key, TN012 the key is not known here, TN013 expired or from too far ahead; its detail is the
 * time here in milliseconds. The token comes before the placement.
 */
create function tenantry.enter_v2(
  context text, expected_epoch bigint, expected_version text, expected_database uuid, expires bigint, key_id integer, signature bytea
) returns text
language plpgsql volatile security definer
as $$
declare
  tenant uuid := pg_catalog.substr(context, 3, 32)::uuid;
  found_inner bytea;
  found_outer bytea;
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
  select k.inner_pad, k.outer_pad, p.epoch, p.state, p.version, p.role_name, p.search_path
    into found_inner, found_outer, found_epoch, found_state, found_version, home_role, home_path
    from (select) as always
    left join tenantry.signing_key k on k.id operator(pg_catalog.=) key_id
    left join tenantry.placement p on p.tenant_id operator(pg_catalog.=) tenant;
  if (signature operator(pg_catalog.=) pg_catalog.sha256(found_outer operator(pg_catalog.||) pg_catalog.sha256(found_inner operator(pg_catalog.||)
        pg_catalog.convert_to(pg_catalog.concat(expected_database, '|', expected_epoch, '|', expires, '|', context), 'UTF8')))
      and pg_catalog.to_timestamp(expires) operator(pg_catalog.>) pg_catalog.clock_timestamp()
      and pg_catalog.to_timestamp(expires operator(pg_catalog.-) 120) operator(pg_catalog.<) pg_catalog.clock_timestamp()) is not true
  then
    if found_outer is null then
      raise exception 'the token is signed by a key that is not known here' using errcode = 'TN012';
    end if;
    if pg_catalog.to_timestamp(expires) operator(pg_catalog.<=) pg_catalog.clock_timestamp()
      or pg_catalog.to_timestamp(expires operator(pg_catalog.-) 120) operator(pg_catalog.>=) pg_catalog.clock_timestamp()
    then
      raise exception 'the token is not of this time' using errcode = 'TN013',
        detail = pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)::bigint::text;
    end if;
    raise exception 'the token is not signed by its key' using errcode = 'TN011';
  end if;
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
    when pg_catalog.set_config('backtrace_functions', context, true) is not null
      and pg_catalog.set_config('search_path', home_path, true) is not null
    then home_role
  end;
end
$$;
revoke all on function tenantry.enter_v2(text, bigint, text, uuid, bigint, integer, bytea) from public;
