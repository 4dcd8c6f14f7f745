-- migrate:up
create statistics tickets_day_stats on (date_trunc('day', created_at at time zone 'UTC')), team_id from tickets;
alter statistics tickets_state_stats set statistics 200;

-- migrate:down
alter statistics tickets_state_stats set statistics -1;
drop statistics tickets_day_stats;
