-- migrate:up
create table tag ( -- bad
  tenant_id text not null,
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id)
);
