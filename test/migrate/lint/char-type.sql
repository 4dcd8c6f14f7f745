-- migrate:up
create table rate ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  currency char(3) not null,
  primary key (tenant_id, currency)
);
