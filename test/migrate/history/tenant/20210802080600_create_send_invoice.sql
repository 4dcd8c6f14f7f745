-- migrate:up
create procedure send_invoice(invoice bigint, prefix text default 'INV-') language plpgsql as $$
begin
  update invoices
  set state = 'sent', number = next_invoice_number(prefix), issued_on = current_date, due_on = current_date + 30
  where id = invoice and state = 'draft';
end
$$;

-- migrate:down
drop procedure send_invoice(bigint, text);
