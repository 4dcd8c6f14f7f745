-- migrate:up
create aggregate longest(interval) (sfunc = interval_larger, stype = interval);

-- migrate:down
drop aggregate longest(interval);
