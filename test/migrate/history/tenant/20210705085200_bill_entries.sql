-- migrate:up
alter table time_entries add column invoice_id bigint;
alter table time_entries add constraint time_entries_invoice_fk
  foreign key (tenant_id, invoice_id) references invoices (tenant_id, id) on delete set null (invoice_id);
create index time_entries_unbilled_idx on time_entries (tenant_id, agent_id) where billable and invoice_id is null;
create index time_entries_invoice_idx on time_entries (tenant_id, invoice_id);

-- migrate:down
alter table time_entries drop column invoice_id;
