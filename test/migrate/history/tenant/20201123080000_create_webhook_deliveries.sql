-- migrate:up
create table webhook_deliveries (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  webhook_id bigint not null,
  payload jsonb not null,
  attempts smallint not null default 0,
  delivered_at timestamptz,
  primary key (tenant_id, id),
  constraint webhook_deliveries_webhook_fk foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
) with (fillfactor = 70);
create index webhook_deliveries_due_idx on webhook_deliveries (tenant_id, webhook_id) where delivered_at is null;
alter table webhook_deliveries alter column payload set storage external;

-- migrate:down
drop table webhook_deliveries;
