-- migrate:up
alter table invoice_lines add column amount numeric(16, 2) generated always as (round(quantity * price, 2)) stored;
create view invoice_totals with (security_invoker = true) as
select i.tenant_id, i.id, i.number, i.state, coalesce(sum(l.amount), 0) as total
from invoices i
left join invoice_lines l on l.tenant_id = i.tenant_id and l.invoice_id = i.id
group by i.tenant_id, i.id, i.number, i.state;

-- migrate:down
drop view invoice_totals;
alter table invoice_lines drop column amount;
