-- migrate:up
create table organisations (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  domain text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index organisations_name_idx on organisations (tenant_id, name);

-- migrate:down
drop table organisations;
