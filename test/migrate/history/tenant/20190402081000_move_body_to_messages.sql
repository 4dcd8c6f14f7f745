-- migrate:up
insert into messages (tenant_id, ticket_id, contact_id, body, sent_at)
select tenant_id, id, contact_id, body, created_at
from tickets
where body is not null;
alter table tickets drop column body;

-- migrate:down
alter table tickets add column body text;
update tickets t
set body = m.body
from messages m
where m.tenant_id = t.tenant_id and m.ticket_id = t.id and m.sent_at = t.created_at;
