-- The ledger of these files: files that were applied before have no checksum yet; whoever raises the database writes those of its own.
alter table tenantry.installed add column checksum text;

-- Databases that were made before these were part of the first file.
create or replace function tenantry.stamp_truncation() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenantry.renew_stamp();
  return null;
end
$$;
revoke all on function tenantry.stamp_truncation() from public;
create or replace trigger stamp_truncation before truncate on tenantry.placement
  for each statement execute function tenantry.stamp_truncation();
alter table tenantry.placement
  enable always trigger stamp_change,
  enable always trigger stamp_removal,
  enable always trigger stamp_truncation;
