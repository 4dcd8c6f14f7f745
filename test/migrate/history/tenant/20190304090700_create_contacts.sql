-- migrate:up
create table contacts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  organisation_id bigint,
  name text not null,
  email text not null,
  phone varchar(20),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint contacts_email_key unique (tenant_id, email),
  constraint contacts_organisation_fk foreign key (tenant_id, organisation_id)
    references organisations (tenant_id, id) on delete set null (organisation_id)
);
create index contacts_organisation_idx on contacts (tenant_id, organisation_id);

-- migrate:down
drop table contacts;
