-- migrate:up
create table mentions (
  tenant_id uuid not null default tenantry.tenant(),
  message_id bigint not null,
  agent_id bigint not null,
  seen_at timestamptz,
  primary key (tenant_id, message_id, agent_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete cascade
);
create index mentions_unseen_idx on mentions (tenant_id, agent_id) where seen_at is null;

-- migrate:down
drop table mentions;
