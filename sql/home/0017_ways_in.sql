/*
 * The same two ways in, with nothing left that the search_path of whoever enters could decide: it is that of the caller, and the rights are those of
 * whoever installed this. A home may have operators and types of its own that are called like PostgreSQL's; so every operator and every type in here says
 * that it is of pg_catalog. An argument's type is looked up when the function is made.
 */
create or replace function tenantry.enter_v1(
  tenant uuid, expected_epoch bigint, expected_version text, expected_database uuid, actor text, request text
) returns text
language plpgsql volatile security definer
as $$
declare
  found_epoch pg_catalog.int8;
  found_state pg_catalog.text;
  found_version pg_catalog.text;
  home_role pg_catalog.text;
  home_path pg_catalog.text;
  wants_token pg_catalog.bool;
  bound pg_catalog.text;
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
    when pg_catalog.set_config('tenantry.context', tenant::pg_catalog.text
        operator(pg_catalog.||) E'\x1f' operator(pg_catalog.||) actor operator(pg_catalog.||) E'\x1f' operator(pg_catalog.||) request, true) is not null
      and pg_catalog.set_config('search_path', home_path, true) is not null
    then home_role
  end;
end
$$;

create or replace function tenantry.enter_v2(
  context text, expected_epoch bigint, expected_version text, expected_database uuid, expires bigint, key_id integer, signature bytea
) returns text
language plpgsql volatile security definer
as $$
declare
  tenant pg_catalog.uuid := pg_catalog.substr(context, 3, 32)::pg_catalog.uuid;
  found_inner pg_catalog.bytea;
  found_outer pg_catalog.bytea;
  found_epoch pg_catalog.int8;
  found_state pg_catalog.text;
  found_version pg_catalog.text;
  home_role pg_catalog.text;
  home_path pg_catalog.text;
  bound pg_catalog.text;
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
        detail = pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)::pg_catalog.int8::pg_catalog.text;
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
