-- migrate:up
create table status_changes (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  ticket_id bigint not null,
  old_status ticket_status,
  new_status ticket_status not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id)
);
create function note_status_change() returns trigger language plpgsql as $$
begin
  insert into status_changes (tenant_id, ticket_id, old_status, new_status)
  values (new.tenant_id, new.id, old.status, new.status);
  return null;
end
$$;

-- migrate:down
drop function note_status_change();
drop table status_changes;
