-- migrate:up
create table tags (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id)
);
create unique index tags_name_key on tags (tenant_id, lower(name));
create table ticket_tags (
  tenant_id uuid not null default tenantry.tenant(),
  ticket_id bigint not null,
  tag_id bigint not null,
  primary key (tenant_id, ticket_id, tag_id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, tag_id) references tags (tenant_id, id) on delete cascade
);

-- migrate:down
drop table ticket_tags;
drop table tags;
