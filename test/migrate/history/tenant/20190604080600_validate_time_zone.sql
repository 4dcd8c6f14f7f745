-- migrate:up
alter table agents validate constraint agents_time_zone_set;

-- migrate:down
alter table agents drop constraint agents_time_zone_set;
alter table agents add constraint agents_time_zone_set check (time_zone is not null) not valid;
