-- migrate:up
create table if not exists tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  primary key (tenant_id, id)
);
