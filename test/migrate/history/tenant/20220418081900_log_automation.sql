-- migrate:up
create table automation_runs (
  tenant_id uuid not null default tenantry.tenant(),
  automation_id bigint not null,
  ran_at timestamptz not null default now(),
  ticket_id bigint not null,
  took interval,
  primary key (tenant_id, automation_id, ran_at, ticket_id),
  foreign key (tenant_id, automation_id) references automations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade
);
create index automation_runs_ran_idx on automation_runs using brin (ran_at);

-- migrate:down
drop table automation_runs;
