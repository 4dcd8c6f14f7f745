-- migrate:up
drop view queue_sizes;
alter table teams rename to queues;
alter table tickets rename column team_id to queue_id;
alter table tickets rename constraint tickets_team_fk to tickets_queue_fk;
alter index tickets_team_idx rename to tickets_queue_idx;
create view queue_sizes with (security_invoker = true) as
select tenant_id, queue_id, priority, status, count(*) as tickets
from tickets
group by tenant_id, queue_id, priority, status;
comment on view queue_sizes is 'What waits, by queue.';

-- migrate:down
drop view queue_sizes;
alter index tickets_queue_idx rename to tickets_team_idx;
alter table tickets rename constraint tickets_queue_fk to tickets_team_fk;
alter table tickets rename column queue_id to team_id;
alter table queues rename to teams;
create view queue_sizes with (security_invoker = true) as
select tenant_id, team_id, priority, status, count(*) as tickets
from tickets
group by tenant_id, team_id, priority, status;
comment on view queue_sizes is 'What waits, by team.';
