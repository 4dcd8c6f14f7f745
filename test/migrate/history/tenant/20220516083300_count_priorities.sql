-- migrate:up
create view queue_sizes with (security_invoker = true) as
select tenant_id, team_id, priority, status, count(*) as tickets
from tickets
group by tenant_id, team_id, priority, status;
comment on view queue_sizes is 'What waits, by team.';

-- migrate:down
drop view queue_sizes;
