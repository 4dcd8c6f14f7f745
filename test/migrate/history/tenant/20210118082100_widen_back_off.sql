-- migrate:up
drop function back_off(smallint);
create function back_off(attempts integer, ceiling interval default '6 hours') returns interval language sql immutable parallel safe as $$
  select least(ceiling, interval '5 seconds' * (2 ^ least(attempts, 20)))
$$;

-- migrate:down
drop function back_off(integer, interval);
create function back_off(attempts smallint) returns interval language sql immutable parallel safe as $$
  select least(interval '1 hour', interval '5 seconds' * (2 ^ attempts))
$$;
