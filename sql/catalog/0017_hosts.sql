-- Applications learn whose a host name is, by verified domains only, and whether that has changed for any.
create table catalog.host_stamp (
  only_row boolean primary key default true check (only_row),
  -- By lot, so that a catalog which was rebuilt or restored never repeats one.
  stamp uuid not null default gen_random_uuid()
);
insert into catalog.host_stamp default values;

-- In the transaction of the change: a sequence would be seen before it, and what was read in between be believed for ever.
create function catalog.renew_host_stamp() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Every process asks again about all of its domains then, so that nothing else may bring it about. Of an insert there is no old row, of a delete no new one.
  if (old.state = 'verified' or new.state = 'verified')
    and (old.domain, old.tenant_id, old.state) is distinct from (new.domain, new.tenant_id, new.state)
  then
    update catalog.host_stamp set stamp = gen_random_uuid();
  end if;
  return null;
end
$$;
revoke all on function catalog.renew_host_stamp() from public;
-- For each row: a purge deletes the domains of tenants that have none as well.
create trigger renew_host_stamp after insert or update or delete on catalog.tenant_domain
  for each row execute function catalog.renew_host_stamp();

-- For applications, as resolve_v1. One statement reads both, so that the stamp is never newer than the answer. Without a host: only the stamp.
create function catalog.host_v1(host text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'stamp', s.stamp,
    'tenant', (select d.tenant_id from catalog.tenant_domain d where d.domain = host and d.state = 'verified')
  )
  from catalog.host_stamp s;
end;
revoke all on function catalog.host_v1(text) from public;

-- As resolve_v3, which stays for a release: with whose migrations the home follows. A service has a slug as a tenant has, and is nobody's to visit.
create function catalog.resolve_v4(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select case when v3.found ? 'home'
      then v3.found || jsonb_build_object('track', (select h.track from catalog.home h where h.id = (v3.found ->> 'home')::uuid))
      else v3.found end
  from (select catalog.resolve_v3(ref) as found) as v3;
end;
revoke all on function catalog.resolve_v4(text) from public;

-- For applications: a tenant of this id was purged, and is not merely unknown to a catalog that was set back.
create function catalog.purged_v1(tenant uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select exists (select from catalog.tombstone t where t.tenant_id = tenant);
end;
revoke all on function catalog.purged_v1(uuid) from public;
