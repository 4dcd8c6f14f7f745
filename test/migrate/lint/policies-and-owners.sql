-- migrate:up
alter table note disable row level security; -- bad
