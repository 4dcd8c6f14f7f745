-- migrate:up
alter table note add column extras json; -- bad
