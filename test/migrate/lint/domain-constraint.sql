-- migrate:up
alter domain percent add constraint percent_range check (value between 0 and 100); -- bad
