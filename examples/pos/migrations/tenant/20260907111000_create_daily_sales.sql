-- migrate:up

-- In a shared home this holds the days of all tenants, since it is refreshed by the owner. Row security does not
-- reach a materialised view; so nobody reads it except through daily_sales.
create materialized view daily_sales_totals as
select
  tenant_id,
  location_id,
  business_date,
  currency,
  count(*) as sale_count,
  sum(subtotal) as subtotal,
  sum(discount) as discount,
  sum(tax_included + tax_added) as tax,
  sum(total) as total,
  count(distinct customer_id) as customer_count
from sales
where status = 'completed'
group by tenant_id, location_id, business_date, currency;

create unique index daily_sales_totals_key on daily_sales_totals (tenant_id, location_id, business_date, currency);

create view daily_sales with (security_barrier = true) as
select
  tenant_id,
  location_id,
  business_date,
  currency,
  sale_count,
  subtotal,
  discount,
  tax,
  total,
  customer_count
from daily_sales_totals
where tenant_id = (select tenantry.tenant());

-- migrate:down

drop view daily_sales;
drop materialized view daily_sales_totals;
