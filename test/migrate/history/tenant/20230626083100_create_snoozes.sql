-- migrate:up
alter table tickets add column snoozed_until timestamptz;
create index tickets_snoozed_idx on tickets (tenant_id, snoozed_until) where snoozed_until is not null;
drop view open_tickets;
create view open_tickets with (security_invoker = true, security_barrier = true) as
select t.tenant_id, t.id, t.subject, t.priority, concat_ws(' ', c.given_name, c.family_name) as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed' and (t.snoozed_until is null or t.snoozed_until <= now());

-- migrate:down
drop view open_tickets;
alter table tickets drop column snoozed_until;
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, concat_ws(' ', c.given_name, c.family_name) as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';
