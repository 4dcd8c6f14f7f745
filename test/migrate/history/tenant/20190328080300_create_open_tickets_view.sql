-- migrate:up
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';

-- migrate:down
drop view open_tickets;
