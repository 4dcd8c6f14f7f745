-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  deleted_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, name, deleted_at)
);
