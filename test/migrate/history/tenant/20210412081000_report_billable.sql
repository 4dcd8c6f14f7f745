-- migrate:up
create view billable_time with (security_invoker = true) as
select e.tenant_id, e.ticket_id, sum(e.minutes) as minutes, sum(e.minutes / 60.0 * r.hourly)::numeric(12, 2) as amount, r.currency
from time_entries e
join rates r on r.tenant_id = e.tenant_id and r.agent_id = e.agent_id and r.valid @> e.started_at::date
where e.billable and e.ended_at is not null
group by e.tenant_id, e.ticket_id, r.currency;

-- migrate:down
drop view billable_time;
