-- migrate:up
create table events_2022 partition of events for values from ('2022-01-01 00:00+00') to ('2023-01-01 00:00+00');
alter table events_2022 set (autovacuum_enabled = false);

-- migrate:down
drop table events_2022;
