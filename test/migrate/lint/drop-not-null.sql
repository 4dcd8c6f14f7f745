-- migrate:up
alter table note alter column body drop not null; -- bad
