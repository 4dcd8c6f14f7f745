-- migrate:up
alter table reading detach partition reading_2025; -- bad
alter table account add column nick text;
