-- migrate:up
alter table note enable always trigger note_seen; -- bad
