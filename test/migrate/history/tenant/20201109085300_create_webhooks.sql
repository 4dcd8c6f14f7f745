-- migrate:up
create table webhooks (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  url text not null check (url ~ '^https://'),
  secret bytea not null default ext.gen_random_bytes(32),
  kinds text[] not null default '{}',
  enabled boolean not null default true,
  primary key (tenant_id, id)
);
create index webhooks_kinds_idx on webhooks using gin (kinds) where enabled;

-- migrate:down
drop table webhooks;
