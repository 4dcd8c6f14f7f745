-- migrate:up
create table contracts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  organisation_id bigint not null,
  terms daterange not null,
  sla_policy_id bigint,
  monthly numeric(12, 2) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, organisation_id) references organisations (tenant_id, id),
  foreign key (tenant_id, sla_policy_id) references sla_policies (tenant_id, id) on delete set null (sla_policy_id),
  constraint contracts_no_overlap exclude using gist (tenant_id with =, organisation_id with =, terms with &&) deferrable initially deferred
);

-- migrate:down
drop table contracts;
