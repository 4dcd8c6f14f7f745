-- migrate:up
create materialized view daily_volume_totals as
select tenant_id, (created_at at time zone 'UTC')::date as day, count(*) as tickets
from tickets
group by 1, 2;
create unique index daily_volume_totals_key on daily_volume_totals (tenant_id, day);
create view daily_volume with (security_barrier = true) as
select tenant_id, day, tickets from daily_volume_totals where tenant_id = (select tenantry.tenant());

-- migrate:down
drop view daily_volume;
drop materialized view daily_volume_totals;
