-- migrate:up
create table events (
  tenant_id uuid not null default tenantry.tenant(),
  occurred_at timestamptz not null default now(),
  id uuid not null default gen_random_uuid(),
  ticket_id bigint not null,
  kind text not null,
  details jsonb,
  primary key (tenant_id, occurred_at, id)
) partition by range (occurred_at);
create table events_2019 partition of events for values from ('2019-01-01 00:00+00') to ('2020-01-01 00:00+00');
create index events_ticket_idx on events (tenant_id, ticket_id, occurred_at desc);

-- migrate:down
drop table events;
