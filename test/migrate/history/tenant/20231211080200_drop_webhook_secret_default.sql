-- migrate:up
alter table webhooks alter column secret drop default;
alter table webhooks rename column secret to signing_key;
alter table webhook_deliveries alter column payload set storage extended;

-- migrate:down
alter table webhook_deliveries alter column payload set storage external;
alter table webhooks rename column signing_key to secret;
alter table webhooks alter column secret set default ext.gen_random_bytes(32);
