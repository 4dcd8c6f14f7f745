-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id integer generated always as identity,
  number smallint not null,
  primary key (tenant_id, id)
);
