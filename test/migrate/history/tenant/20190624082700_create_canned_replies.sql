-- migrate:up
create table canned_replies (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  title text not null,
  body text not null,
  agent_id bigint,
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete cascade
);

-- migrate:down
drop table canned_replies;
