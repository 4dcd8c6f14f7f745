-- migrate:up
alter table tickets validate constraint tickets_sla_policy_fk;
create index tickets_sla_policy_idx on tickets (tenant_id, sla_policy_id) where sla_policy_id is not null;

-- migrate:down
drop index tickets_sla_policy_idx;
alter table tickets drop constraint tickets_sla_policy_fk;
alter table tickets add constraint tickets_sla_policy_fk
  foreign key (tenant_id, sla_policy_id) references sla_policies (tenant_id, id) on delete set null (sla_policy_id) not valid;
