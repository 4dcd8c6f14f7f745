-- migrate:up
alter function next_invoice_number(text) rename to take_invoice_number;
create or replace procedure send_invoice(invoice bigint, prefix text default 'INV-') language plpgsql as $$
begin
  update invoices
  set state = 'sent', number = take_invoice_number(prefix), issued_on = current_date, due_on = current_date + 30
  where id = invoice and state = 'draft';
end
$$;
alter table invoice_counters replica identity full;
alter trigger contacts_phone_digits on contacts rename to contacts_keep_phone_digits;

-- migrate:down
alter trigger contacts_keep_phone_digits on contacts rename to contacts_phone_digits;
alter table invoice_counters replica identity default;
create or replace procedure send_invoice(invoice bigint, prefix text default 'INV-') language plpgsql as $$
begin
  update invoices
  set state = 'sent', number = next_invoice_number(prefix), issued_on = current_date, due_on = current_date + 30
  where id = invoice and state = 'draft';
end
$$;
alter function take_invoice_number(text) rename to next_invoice_number;
