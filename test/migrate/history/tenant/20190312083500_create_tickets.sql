-- migrate:up
create table tickets (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  contact_id bigint not null,
  agent_id bigint,
  team_id bigint,
  subject varchar(120) not null,
  body text,
  status ticket_status not null default 'new',
  priority ticket_priority not null default 'normal',
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  primary key (tenant_id, id),
  constraint tickets_contact_fk foreign key (tenant_id, contact_id) references contacts (tenant_id, id),
  constraint tickets_agent_fk foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete set null (agent_id),
  constraint tickets_team_fk foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete set null (team_id)
);
create index tickets_contact_idx on tickets (tenant_id, contact_id);

-- migrate:down
drop table tickets;
