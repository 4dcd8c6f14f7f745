-- migrate:up
grant select on note to public; -- bad
