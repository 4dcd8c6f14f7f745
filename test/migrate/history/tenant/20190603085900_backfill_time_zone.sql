-- migrate:up
update agents set time_zone = 'UTC' where time_zone is null;
alter table agents add constraint agents_time_zone_set check (time_zone is not null) not valid;

-- migrate:down
alter table agents drop constraint agents_time_zone_set;
update agents set time_zone = null where time_zone = 'UTC';
