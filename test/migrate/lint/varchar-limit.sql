-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name varchar(80) not null,
  primary key (tenant_id, id)
);
