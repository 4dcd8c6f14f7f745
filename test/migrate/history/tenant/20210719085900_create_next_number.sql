-- migrate:up
create function next_invoice_number(prefix text) returns text language plpgsql as $$
declare
  highest integer;
begin
  select coalesce(max(substring(number from '[0-9]+$')::integer), 0) into highest
  from invoices where number like prefix || '%';
  return prefix || lpad((highest + 1)::text, 6, '0');
end
$$;

-- migrate:down
drop function next_invoice_number(text);
