/*
 * Some applications must not meet a newer schema than they know. Their scopes hold the home from before the version is compared until they end, and the
 * version of a home changes only while nobody holds it. The stamp changes before the lock is given up: so the short way in sees that what it knew is old.
 */
create function tenantry.wait_home_v1(home uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  bound text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', '5s', true);
  perform pg_advisory_xact_lock_shared(uuid_hash_extended(home, 7427));
  perform set_config('lock_timeout', bound, true);
  return true;
end
$$;
revoke all on function tenantry.wait_home_v1(uuid) from public;

-- One expression without settings of its own, so that the planner inlines it.
create function tenantry.hold_home_v1(home uuid) returns boolean
language sql volatile
as $$
  select pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.uuid_hash_extended(home, 7427)) or tenantry.wait_home_v1(home)
$$;
revoke all on function tenantry.hold_home_v1(uuid) from public;

-- For whoever migrates, ahead of all other locks. While somebody waits for it, scopes wait behind him: so each single wait is short, and others pass between.
create function tenantry.take_home(home uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  bound text := current_setting('lock_timeout');
  until timestamptz := clock_timestamp() + interval '5s';
begin
  -- Mostly he holds it already.
  if pg_try_advisory_xact_lock(uuid_hash_extended(home, 7427)) then
    return;
  end if;
  loop
    begin
      perform set_config('lock_timeout', '200ms', true);
      perform pg_advisory_xact_lock(uuid_hash_extended(home, 7427));
      perform set_config('lock_timeout', bound, true);
      return;
    exception when lock_not_available then
      if clock_timestamp() > until then
        raise exception 'open scopes hold the home at the version that it has' using errcode = 'lock_not_available';
      end if;
      perform pg_sleep(0.05 + random() * 0.05);
    end;
  end loop;
end
$$;
revoke all on function tenantry.take_home(uuid) from public;

create function tenantry.version_change() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenantry.take_home(old.id);
  perform tenantry.renew_stamp();
  return new;
end
$$;
revoke all on function tenantry.version_change() from public;
create trigger version_change before update of version on tenantry.home
  for each row when (old.version is distinct from new.version)
  execute function tenantry.version_change();
alter table tenantry.home enable always trigger version_change;
