-- migrate:up
truncate note; -- bad
