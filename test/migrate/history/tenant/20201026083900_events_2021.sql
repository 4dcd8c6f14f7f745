-- migrate:up
create table events_2021 (like events including defaults including constraints including indexes);
alter table events_2021 add constraint events_2021_bounds
  check (occurred_at >= '2021-01-01 00:00+00' and occurred_at < '2022-01-01 00:00+00');

-- migrate:down
drop table events_2021;
