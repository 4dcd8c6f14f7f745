-- migrate:up
create unique index parts_sku_blind_key on parts (tenant_id, upper(sku) collate "C");

-- migrate:down
drop index parts_sku_blind_key;
