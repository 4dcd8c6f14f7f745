-- migrate:up
create table price ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  currency text references platform.currency (code),
  primary key (tenant_id, id)
);

create index price_currency_idx on price (tenant_id, currency);
