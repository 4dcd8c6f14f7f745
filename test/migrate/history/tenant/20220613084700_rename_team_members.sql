-- migrate:up
alter table team_members rename to queue_agents;
alter table queue_agents rename column team_id to queue_id;
alter table business_hours rename column team_id to queue_id;
alter table inboxes rename column team_id to queue_id;

-- migrate:down
alter table inboxes rename column queue_id to team_id;
alter table business_hours rename column queue_id to team_id;
alter table queue_agents rename column queue_id to team_id;
alter table queue_agents rename to team_members;
