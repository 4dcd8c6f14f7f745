-- migrate:up
create table inboxes (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  address email_address not null,
  team_id bigint,
  paused boolean not null default false,
  primary key (tenant_id, id),
  constraint inboxes_address_key unique (tenant_id, address),
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete set null (team_id)
);
alter table tickets add column inbox_id bigint;
alter table tickets add constraint tickets_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id);
create index tickets_inbox_idx on tickets (tenant_id, inbox_id);

-- migrate:down
alter table tickets drop column inbox_id;
drop table inboxes;
