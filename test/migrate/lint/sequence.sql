-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigserial,
  primary key (tenant_id, id)
);
