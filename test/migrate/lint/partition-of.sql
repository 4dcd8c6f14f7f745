-- migrate:up
create table reading_2026 partition of reading for values from ('2026-01-01') to ('2027-01-01'); -- bad
