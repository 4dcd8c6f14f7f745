-- migrate:up
create type visit_state as enum ('planned', 'under_way', 'done', 'missed');
create table visits (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  ticket_id bigint not null,
  agent_id bigint not null,
  planned tstzrange not null check (not isempty(planned)),
  state visit_state not null default 'planned',
  place postal_address,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, agent_id) references agents (tenant_id, id),
  constraint visits_no_overlap exclude using gist (tenant_id with =, agent_id with =, planned with &&) where (state in ('planned', 'under_way'))
);

-- migrate:down
drop table visits;
drop type visit_state;
