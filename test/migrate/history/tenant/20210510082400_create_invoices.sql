-- migrate:up
create type invoice_state as enum ('draft', 'sent', 'paid', 'void');
create table invoices (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  organisation_id bigint not null,
  number text,
  state invoice_state not null default 'draft',
  issued_on date,
  due_on date,
  primary key (tenant_id, id),
  constraint invoices_number_key unique (tenant_id, number),
  constraint invoices_organisation_fk foreign key (tenant_id, organisation_id) references organisations (tenant_id, id),
  constraint invoices_numbered check (state = 'draft' or number is not null)
);
create table invoice_lines (
  tenant_id uuid not null default tenantry.tenant(),
  invoice_id bigint not null,
  line smallint not null,
  description text not null,
  quantity numeric(12, 3) not null default 1,
  price numeric(14, 4) not null,
  primary key (tenant_id, invoice_id, line),
  foreign key (tenant_id, invoice_id) references invoices (tenant_id, id) on delete cascade
);

-- migrate:down
drop table invoice_lines;
drop table invoices;
drop type invoice_state;
