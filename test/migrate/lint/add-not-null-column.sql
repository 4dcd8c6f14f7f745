-- migrate:up
alter table note add column title text not null; -- bad
create table tag (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  primary key (tenant_id, id)
);
alter table tag add column name text not null;
