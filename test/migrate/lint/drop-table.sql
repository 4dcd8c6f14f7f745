-- migrate:up
drop table reading; -- bad
