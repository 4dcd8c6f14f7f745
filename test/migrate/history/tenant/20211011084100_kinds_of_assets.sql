-- migrate:up
create table asset_kinds (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id),
  constraint asset_kinds_name_key unique (tenant_id, name)
);
insert into asset_kinds (tenant_id, name) select distinct tenant_id, kind from assets;
alter table assets add column kind_id bigint;
update assets a set kind_id = k.id from asset_kinds k where k.tenant_id = a.tenant_id and k.name = a.kind;
alter table assets add constraint assets_kind_fk foreign key (tenant_id, kind_id) references asset_kinds (tenant_id, id);

-- migrate:down
alter table assets drop column kind_id;
drop table asset_kinds;
