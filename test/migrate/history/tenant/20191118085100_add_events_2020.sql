-- migrate:up
create table events_2020 partition of events for values from ('2020-01-01 00:00+00') to ('2021-01-01 00:00+00');
create table events_other partition of events default;

-- migrate:down
drop table events_other;
drop table events_2020;
