-- Which seed files a tenant has had, each written in the transaction of the file's own rows. It goes with the placement.
create table tenantry.seed (
  tenant_id uuid not null references tenantry.placement (tenant_id) on delete cascade,
  name text not null,
  checksum text not null,
  operation_id uuid not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, name)
);

/*
 * What a seed may know of its tenant: `id`, and at the claim `slug`, `name`, `tier`, `region`, `labels`. Raises TN012 where it is not known, since a
 * seed that runs before there is a customer would otherwise write nulls.
 */
create function tenantry.fact(name text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  facts jsonb := nullif(current_setting('tenantry.facts', true), '')::jsonb;
begin
  if facts is null or not facts ? name then
    raise exception 'the fact "%" is not known here', name using errcode = 'TN012',
      hint = 'a seed that depends on the customer is named NNN_name.claim.sql';
  end if;
  return facts ->> name;
end
$$;
revoke all on function tenantry.fact(text) from public;
