-- migrate:up
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger tickets_touch before update on tickets for each row execute function touch_updated_at();

-- migrate:down
drop trigger tickets_touch on tickets;
drop function touch_updated_at();
