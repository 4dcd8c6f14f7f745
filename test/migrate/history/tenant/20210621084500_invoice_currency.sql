-- migrate:up
alter table invoices add column currency char(3) not null default 'EUR';
alter table invoices add constraint invoices_currency check (currency ~ '^[A-Z]{3}$');

-- migrate:down
alter table invoices drop column currency;
