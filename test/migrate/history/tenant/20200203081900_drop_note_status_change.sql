-- migrate:up
drop function note_status_change();
alter table status_changes add column changed_by bigint;
alter table status_changes add constraint status_changes_agent_fk
  foreign key (tenant_id, changed_by) references agents (tenant_id, id) on delete set null (changed_by);

-- migrate:down
alter table status_changes drop column changed_by;
create function note_status_change() returns trigger language plpgsql as $$
begin
  insert into status_changes (tenant_id, ticket_id, old_status, new_status)
  values (new.tenant_id, new.id, old.status, new.status);
  return null;
end
$$;
