-- migrate:up
create table rates (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  agent_id bigint not null,
  hourly numeric(10, 2) not null check (hourly >= 0),
  currency char(3) not null default 'EUR',
  valid daterange not null default '[,)',
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references agents (tenant_id, id),
  constraint rates_no_overlap exclude using gist (tenant_id with =, agent_id with =, valid with &&)
);

-- migrate:down
drop table rates;
