-- migrate:up
lock table note in share mode; -- bad
alter table note add column title text;
