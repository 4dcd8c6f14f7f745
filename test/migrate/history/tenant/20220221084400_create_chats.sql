-- migrate:up
create table chats (
  tenant_id uuid not null default tenantry.tenant(),
  channel text not null,
  id bigint generated always as identity,
  ticket_id bigint not null,
  opened_at timestamptz not null default now(),
  primary key (tenant_id, channel, id)
) partition by list (channel);
create table chats_web partition of chats for values in ('web', 'widget');
create table chats_phone partition of chats for values in ('sms', 'whatsapp');
create table chats_other partition of chats default;
create index chats_ticket_idx on chats (tenant_id, ticket_id);

-- migrate:down
drop table chats;
