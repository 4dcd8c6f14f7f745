-- migrate:up
alter table note add column length integer generated always as (length(body)) stored; -- bad
