-- migrate:up
alter table note add column title text;
alter table note add column color text; -- bad
