-- migrate:up
alter table public.note add column title text; -- bad
