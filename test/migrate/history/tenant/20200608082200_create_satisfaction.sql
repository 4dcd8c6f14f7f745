-- migrate:up
create domain score as smallint check (value between 1 and 5);
create table ratings (
  tenant_id uuid not null default tenantry.tenant(),
  ticket_id bigint not null,
  value score not null,
  comment text,
  rated_at timestamptz not null default now(),
  primary key (tenant_id, ticket_id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade
);

-- migrate:down
drop table ratings;
drop domain score;
