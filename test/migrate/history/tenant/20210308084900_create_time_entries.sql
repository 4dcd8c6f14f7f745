-- migrate:up
create table time_entries (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  ticket_id bigint not null,
  agent_id bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  minutes integer generated always as (extract(epoch from ended_at - started_at)::integer / 60) stored,
  billable boolean not null default true,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
  foreign key (tenant_id, agent_id) references agents (tenant_id, id),
  constraint time_entries_order check (ended_at > started_at)
);
create index time_entries_ticket_idx on time_entries (tenant_id, ticket_id);

-- migrate:down
drop table time_entries;
