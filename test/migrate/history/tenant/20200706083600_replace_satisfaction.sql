-- migrate:up
create or replace view team_satisfaction with (security_invoker = true) as
select t.tenant_id, t.team_id, avg(r.value)::numeric(3, 2) as average, count(*) as ratings,
       count(*) filter (where r.value <= 2) as unhappy
from ratings r
join tickets t on t.tenant_id = r.tenant_id and t.id = r.ticket_id
group by t.tenant_id, t.team_id;

-- migrate:down
drop view team_satisfaction;
create view team_satisfaction with (security_invoker = true) as
select t.tenant_id, t.team_id, avg(r.value)::numeric(3, 2) as average, count(*) as ratings
from ratings r
join tickets t on t.tenant_id = r.tenant_id and t.id = r.ticket_id
group by t.tenant_id, t.team_id;
