-- migrate:up
do $$ begin perform 1; end $$; -- bad
