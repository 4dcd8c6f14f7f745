-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  name text not null
);
