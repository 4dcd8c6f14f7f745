-- migrate:up
-- lint:ignore drop-column nothing reads it -- bad
alter table note add column title text;
