-- migrate:up
create index tickets_contract_idx on tickets (tenant_id, contract_id) where contract_id is not null;
create index contracts_policy_idx on contracts (tenant_id, sla_policy_id);
alter table contracts cluster on contracts_pkey;

-- migrate:down
alter table contracts set without cluster;
drop index contracts_policy_idx;
drop index tickets_contract_idx;
