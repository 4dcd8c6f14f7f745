-- migrate:up
drop view open_tickets;
alter table contacts alter column given_name set not null;
alter table contacts drop column name;
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, concat_ws(' ', c.given_name, c.family_name) as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';

-- migrate:down
drop view open_tickets;
alter table contacts add column name text;
update contacts set name = concat_ws(' ', given_name, family_name);
alter table contacts alter column name set not null;
alter table contacts alter column given_name drop not null;
create view open_tickets with (security_invoker = true) as
select t.tenant_id, t.id, t.subject, t.priority, c.name as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed';
