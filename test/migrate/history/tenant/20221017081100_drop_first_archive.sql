-- migrate:up
drop table events_archive_2019;

-- migrate:down
create table events_archive_2019 (
  tenant_id uuid not null default tenantry.tenant(),
  occurred_at timestamptz not null default now(),
  id uuid not null default gen_random_uuid(),
  ticket_id bigint not null,
  kind text not null,
  details jsonb,
  primary key (tenant_id, occurred_at, id)
);
create index events_2019_tenant_id_ticket_id_occurred_at_idx on events_archive_2019 (tenant_id, ticket_id, occurred_at desc);
