-- migrate:up
create table events_2023 partition of events for values from ('2023-01-01 00:00+00') to ('2024-01-01 00:00+00') partition by range (occurred_at);
create table events_2023_h1 partition of events_2023 for values from ('2023-01-01 00:00+00') to ('2023-07-01 00:00+00');
create table events_2023_h2 partition of events_2023 for values from ('2023-07-01 00:00+00') to ('2024-01-01 00:00+00');

-- migrate:down
drop table events_2023;
