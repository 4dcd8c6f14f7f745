-- migrate:up
alter table tickets add column first_reply_at timestamptz;
update tickets t
set first_reply_at = (
  select min(m.sent_at) from messages m
  where m.tenant_id = t.tenant_id and m.ticket_id = t.id and m.agent_id is not null
);
create index tickets_unanswered_idx on tickets (tenant_id, created_at) where first_reply_at is null;

-- migrate:down
drop index tickets_unanswered_idx;
alter table tickets drop column first_reply_at;
