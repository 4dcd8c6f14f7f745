-- migrate:up
alter type ticket_status add value 'pending' before 'closed';

-- migrate:down
drop view open_tickets;
drop index tickets_open_idx;
alter table tickets alter column status drop default;
alter type ticket_status rename to ticket_status_old;
create type ticket_status as enum ('new', 'open', 'closed');
alter table tickets alter column status type ticket_status
  using (case status::text when 'pending' then 'open' else status::text end)::ticket_status;
alter table tickets alter column status set default 'new';
drop type ticket_status_old;
create index tickets_open_idx on tickets (tenant_id, agent_id, created_at) where status <> 'closed';
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';
