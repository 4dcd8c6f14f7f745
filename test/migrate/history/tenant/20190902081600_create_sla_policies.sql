-- migrate:up
create table sla_policies (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  first_reply interval not null,
  resolution interval not null,
  priority ticket_priority,
  primary key (tenant_id, id),
  constraint sla_policies_order check (first_reply <= resolution)
);
alter table tickets add column sla_policy_id bigint;
alter table tickets add constraint tickets_sla_policy_fk
  foreign key (tenant_id, sla_policy_id) references sla_policies (tenant_id, id) on delete set null (sla_policy_id) not valid;

-- migrate:down
alter table tickets drop column sla_policy_id;
drop table sla_policies;
