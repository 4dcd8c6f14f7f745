-- migrate:up
create table teams (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create table team_members (
  tenant_id uuid not null default tenantry.tenant(),
  team_id bigint not null,
  agent_id bigint not null,
  joined_at timestamptz not null default now(),
  primary key (tenant_id, team_id, agent_id),
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete cascade
);

-- migrate:down
drop table team_members;
drop table teams;
