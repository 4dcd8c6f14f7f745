-- migrate:up
alter table note drop column pinned; -- bad
