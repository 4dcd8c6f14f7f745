-- migrate:up
alter view team_satisfaction rename to queue_satisfaction;
alter view queue_satisfaction rename column team_id to queue_id;

-- migrate:down
alter view queue_satisfaction rename column queue_id to team_id;
alter view queue_satisfaction rename to team_satisfaction;
