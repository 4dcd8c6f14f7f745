-- migrate:up
alter table agents alter column time_zone set not null;
alter table agents drop constraint agents_time_zone_set;

-- migrate:down
alter table agents add constraint agents_time_zone_set check (time_zone is not null);
alter table agents alter column time_zone drop not null;
