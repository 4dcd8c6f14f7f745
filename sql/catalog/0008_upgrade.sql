-- What raising Tenantry itself needs to know. Files of an older release have no checksum in the ledger yet; whoever raises the catalog writes those of its own.
alter table catalog.migration add column checksum text;

-- A control plane that knows fewer files than this is refused even reads: a release that takes something away says so here.
alter table catalog.platform add column least_reader integer not null default 1;

/*
 * The newest control plane that has raised the catalog is the only one that changes it. Each of its sessions says which file is the newest it knows, so
 * that a process which was running when the catalog was raised is refused as well, without asking the catalog before each operation. Operations that
 * run already go on: what a release adds does not disturb the one before.
 */
create function catalog.refuse_older() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  known integer := nullif(current_setting('tenantry_control.catalog', true), '')::integer;
  newest integer := (select max(m.version) from catalog.migration m);
begin
  if known < newest then
    raise exception 'the catalog has been raised by a newer Tenantry' using errcode = 'TN011', detail = newest::text;
  end if;
  return null;
end
$$;
revoke all on function catalog.refuse_older() from public;
-- An update of the token is a worker that takes an operation over.
create trigger refuse_older before insert or update of token on catalog.operation
  for each statement execute function catalog.refuse_older();
