-- migrate:up
create table invoice_counters (
  tenant_id uuid not null default tenantry.tenant(),
  prefix text not null,
  last integer not null default 0,
  primary key (tenant_id, prefix)
);
insert into invoice_counters (tenant_id, prefix, last)
select tenant_id, substring(number from '^[^0-9]*'), max(substring(number from '[0-9]+$')::integer)
from invoices where number is not null
group by 1, 2;
create or replace function next_invoice_number(prefix text) returns text language sql as $$
  insert into invoice_counters as c (prefix, last) values ($1, 1)
  on conflict (tenant_id, prefix) do update set last = c.last + 1
  returning c.prefix || lpad(c.last::text, 6, '0')
$$;

-- migrate:down
create or replace function next_invoice_number(prefix text) returns text language plpgsql as $$
declare
  highest integer;
begin
  select coalesce(max(substring(number from '[0-9]+$')::integer), 0) into highest
  from invoices where number like prefix || '%';
  return prefix || lpad((highest + 1)::text, 6, '0');
end
$$;
drop table invoice_counters;
