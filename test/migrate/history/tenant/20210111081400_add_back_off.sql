-- migrate:up
create function back_off(attempts smallint) returns interval language sql immutable parallel safe as $$
  select least(interval '1 hour', interval '5 seconds' * (2 ^ attempts))
$$;

-- migrate:down
drop function back_off(smallint);
