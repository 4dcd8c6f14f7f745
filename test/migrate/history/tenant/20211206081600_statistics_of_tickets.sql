-- migrate:up
create statistics tickets_state_stats (dependencies, mcv) on status, priority from tickets;
alter table tickets alter column subject set statistics 500;

-- migrate:down
alter table tickets alter column subject set statistics -1;
drop statistics tickets_state_stats;
