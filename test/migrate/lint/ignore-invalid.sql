-- migrate:up
-- lint:ignore jsonb-column it is read only -- bad
alter table note add column title text;
