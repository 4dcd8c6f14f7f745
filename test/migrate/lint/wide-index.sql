-- migrate:up
create table tag (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  kind text not null,
  color text not null,
  size text not null,
  primary key (tenant_id, id)
);

create index tag_all_idx on tag (tenant_id, name, kind, color, size); -- bad
