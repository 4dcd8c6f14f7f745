-- migrate:up
-- lint:ignore drop-column no release reads it
alter table note drop column pinned cascade; -- bad
