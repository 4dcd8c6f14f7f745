-- migrate:up
drop view open_tickets;
alter table tickets alter column subject type text;
alter table tickets add constraint tickets_subject_length check (length(subject) between 1 and 400);
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';

-- migrate:down
drop view open_tickets;
alter table tickets drop constraint tickets_subject_length;
alter table tickets alter column subject type varchar(120) using left(subject, 120);
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';
