-- migrate:up
alter table events attach partition events_2021 for values from ('2021-01-01 00:00+00') to ('2022-01-01 00:00+00');
alter table events_2021 drop constraint events_2021_bounds;

-- migrate:down
alter table events_2021 add constraint events_2021_bounds
  check (occurred_at >= '2021-01-01 00:00+00' and occurred_at < '2022-01-01 00:00+00');
alter table events detach partition events_2021;
