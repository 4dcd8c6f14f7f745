-- migrate:up
create function keep_kind() returns trigger language plpgsql as $$
begin
  new.kind := lower(btrim(new.kind));
  return new;
end
$$;
create trigger events_keep_kind before insert or update on events for each row execute function keep_kind();

-- migrate:down
drop trigger events_keep_kind on events;
drop function keep_kind();
