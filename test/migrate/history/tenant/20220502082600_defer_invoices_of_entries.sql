-- migrate:up
alter table time_entries alter constraint time_entries_invoice_fk deferrable initially deferred;

-- migrate:down
alter table time_entries alter constraint time_entries_invoice_fk not deferrable;
