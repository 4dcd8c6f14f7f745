-- migrate:up
alter type ticket_status add value 'solved' before 'closed';
alter table tickets add column solved_at timestamptz;

-- migrate:down
drop statistics tickets_state_stats;
drop view open_tickets;
drop view queue_sizes;
drop index tickets_open_idx;
drop trigger tickets_touch on tickets;
alter table tickets drop column solved_at;
alter table tickets alter column status drop default;
alter type ticket_status rename to ticket_status_old;
create type ticket_status as enum ('new', 'open', 'pending', 'closed');
alter table tickets alter column status type ticket_status
  using (case status::text when 'solved' then 'closed' else status::text end)::ticket_status;
alter table status_changes alter column old_status type ticket_status
  using (case old_status::text when 'solved' then 'closed' else old_status::text end)::ticket_status;
alter table status_changes alter column new_status type ticket_status
  using (case new_status::text when 'solved' then 'closed' else new_status::text end)::ticket_status;
alter table tickets alter column status set default 'new';
drop type ticket_status_old;
create trigger tickets_touch before update of subject, status, priority, agent_id, queue_id on tickets
for each row execute function touch_updated_at();
create index tickets_open_idx on tickets (tenant_id, agent_id, created_at) where status <> 'closed';
comment on index tickets_open_idx is 'For the queue on the first page.';
create view open_tickets with (security_invoker = true, security_barrier = true) as
select t.tenant_id, t.id, t.subject, t.priority, concat_ws(' ', c.given_name, c.family_name) as contact, t.created_at
from tickets t
join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where t.status <> 'closed' and (t.snoozed_until is null or t.snoozed_until <= now());
create view queue_sizes with (security_invoker = true) as
select tenant_id, queue_id, priority, status, count(*) as tickets
from tickets
group by tenant_id, queue_id, priority, status;
comment on view queue_sizes is 'What waits, by queue.';
create statistics tickets_state_stats (dependencies, mcv) on status, priority from tickets;
alter statistics tickets_state_stats set statistics 200;
