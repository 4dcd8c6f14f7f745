-- migrate:up
alter table note add column read_at timestamp; -- bad
