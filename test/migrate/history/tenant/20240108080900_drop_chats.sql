-- migrate:up
drop table chats;

-- migrate:down
create table chats (
  tenant_id uuid not null default tenantry.tenant(),
  channel text not null,
  id bigint generated always as identity,
  ticket_id bigint not null,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (tenant_id, channel, id),
  constraint chats_ticket_fk foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  constraint chats_order check (closed_at >= opened_at)
) partition by list (channel);
create table chats_web partition of chats for values in ('web', 'widget');
create table chats_phone partition of chats for values in ('sms', 'whatsapp');
create table chats_other partition of chats default;
create index chats_ticket_idx on chats (tenant_id, ticket_id);
