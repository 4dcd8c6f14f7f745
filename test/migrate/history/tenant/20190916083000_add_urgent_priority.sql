-- migrate:up
alter type ticket_priority add value 'urgent';

-- migrate:down
drop view open_tickets;
alter table tickets alter column priority drop default;
alter type ticket_priority rename to ticket_priority_old;
create type ticket_priority as enum ('low', 'normal', 'high');
alter table tickets alter column priority type ticket_priority
  using (case priority::text when 'urgent' then 'high' else priority::text end)::ticket_priority;
alter table sla_policies alter column priority type ticket_priority
  using (case priority::text when 'urgent' then 'high' else priority::text end)::ticket_priority;
alter table tickets alter column priority set default 'normal';
drop type ticket_priority_old;
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';
