-- migrate:up
create table automations (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  trigger_kind text not null,
  conditions jsonb not null default '[]' check (jsonb_typeof(conditions) = 'array'),
  actions jsonb not null default '[]' check (jsonb_typeof(actions) = 'array'),
  position integer not null,
  enabled boolean not null default true,
  primary key (tenant_id, id),
  constraint automations_position_key unique (tenant_id, position) deferrable
);

-- migrate:down
drop table automations;
