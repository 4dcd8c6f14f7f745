-- migrate:up
create function ticket_age(ticket_id bigint) returns interval language sql stable as $$
  select now() - t.created_at from tickets t where t.id = ticket_id
$$;
comment on function ticket_age(bigint) is 'How long ago a ticket came in.';

-- migrate:down
drop function ticket_age(bigint);
