-- migrate:up
drop view queue_satisfaction;
alter table ratings rename to surveys;
alter table surveys rename constraint ratings_pkey to surveys_pkey;
alter table surveys add column channel channel not null default 'email';
create view queue_satisfaction with (security_invoker = true) as
select t.tenant_id, t.queue_id, s.channel, avg(s.value)::numeric(3, 2) as average, count(*) as surveys
from surveys s
join tickets t on t.tenant_id = s.tenant_id and t.id = s.ticket_id
group by t.tenant_id, t.queue_id, s.channel;

-- migrate:down
drop view queue_satisfaction;
alter table surveys drop column channel;
alter table surveys rename constraint surveys_pkey to ratings_pkey;
alter table surveys rename to ratings;
create view queue_satisfaction with (security_invoker = true) as
select t.tenant_id, t.queue_id, avg(r.value)::numeric(3, 2) as average, count(*) as ratings,
       count(*) filter (where r.value <= 2) as unhappy
from ratings r
join tickets t on t.tenant_id = r.tenant_id and t.id = r.ticket_id
group by t.tenant_id, t.queue_id;
