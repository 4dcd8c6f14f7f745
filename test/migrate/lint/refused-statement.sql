-- migrate:up
create extension pgcrypto; -- bad
alter table note add column title text;
