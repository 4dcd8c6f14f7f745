-- migrate:up
create table business_hours (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  team_id bigint not null,
  weekday smallint not null check (weekday between 1 and 7),
  opens time not null,
  closes time not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  check (opens < closes)
);
create unique index business_hours_day_key on business_hours (tenant_id, team_id, weekday, opens);

-- migrate:down
drop table business_hours;
