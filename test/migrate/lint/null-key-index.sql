-- migrate:up
create table tag (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  deleted_at timestamptz,
  primary key (tenant_id, id)
);

create index tag_alive_idx on tag (tenant_id, deleted_at) where deleted_at is null; -- bad
create index tag_name_idx on tag (tenant_id, name) where deleted_at is null;
