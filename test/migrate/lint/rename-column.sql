-- migrate:up
alter table note rename column body to content; -- bad
