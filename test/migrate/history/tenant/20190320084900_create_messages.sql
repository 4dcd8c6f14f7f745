-- migrate:up
create table messages (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  ticket_id bigint not null,
  contact_id bigint,
  agent_id bigint,
  body text not null,
  sent_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint messages_ticket_fk foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  constraint messages_author check (num_nonnulls(contact_id, agent_id) = 1)
);
create index messages_ticket_idx on messages (tenant_id, ticket_id, sent_at);

-- migrate:down
drop table messages;
