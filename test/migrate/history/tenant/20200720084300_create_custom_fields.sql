-- migrate:up
create type field_kind as enum ('text', 'number', 'date', 'choice');
create table custom_fields (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  label text not null,
  kind field_kind not null,
  choices text[] not null default '{}',
  required boolean not null default false,
  primary key (tenant_id, id),
  constraint custom_fields_choices check ((kind = 'choice') = (cardinality(choices) > 0))
);
create table ticket_fields (
  tenant_id uuid not null default tenantry.tenant(),
  ticket_id bigint not null,
  field_id bigint not null,
  value text not null,
  primary key (tenant_id, ticket_id, field_id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, field_id) references custom_fields (tenant_id, id) on delete restrict
);

-- migrate:down
drop table ticket_fields;
drop table custom_fields;
drop type field_kind;
