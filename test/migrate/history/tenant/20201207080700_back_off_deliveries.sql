-- migrate:up
alter table webhook_deliveries add column next_attempt_at timestamptz not null default now();
drop index webhook_deliveries_due_idx;
create index webhook_deliveries_due_idx on webhook_deliveries (tenant_id, next_attempt_at) where delivered_at is null;

-- migrate:down
drop index webhook_deliveries_due_idx;
alter table webhook_deliveries drop column next_attempt_at;
create index webhook_deliveries_due_idx on webhook_deliveries (tenant_id, webhook_id) where delivered_at is null;
