-- migrate:up
create table settings (
  tenant_id uuid not null default tenantry.tenant(),
  name text not null,
  value jsonb not null default '{}',
  primary key (tenant_id, name)
);
insert into settings (tenant_id, name, value)
select distinct tenant_id, 'signature', '"Kind regards"'::jsonb from agents;

-- migrate:down
drop table settings;
