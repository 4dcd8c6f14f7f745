-- migrate:up
drop function ticket_age(bigint);
create function ticket_age(ticket_id bigint, at timestamptz default now()) returns interval language sql stable
begin atomic
  select $2 - t.created_at from tickets t where t.id = $1;
end;

-- migrate:down
drop function ticket_age(bigint, timestamptz);
create function ticket_age(ticket_id bigint) returns interval language sql stable as $$
  select now() - t.created_at from tickets t where t.id = ticket_id
$$;
comment on function ticket_age(bigint) is 'How long ago a ticket came in.';
