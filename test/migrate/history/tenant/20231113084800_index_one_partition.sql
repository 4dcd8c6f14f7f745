-- migrate:up
create index events_2024_01_details_idx on events_2024_01 using gin (details);
alter table events_2024_01 set (toast_tuple_target = 512);

-- migrate:down
alter table events_2024_01 reset (toast_tuple_target);
drop index events_2024_01_details_idx;
