-- migrate:up
create table shifts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  agent_id bigint not null,
  during tstzrange not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete cascade,
  constraint shifts_no_overlap exclude using gist (tenant_id with =, agent_id with =, during with &&)
);

-- migrate:down
drop table shifts;
