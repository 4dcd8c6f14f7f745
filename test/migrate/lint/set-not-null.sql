-- migrate:up
alter table note alter column pinned set not null; -- bad
