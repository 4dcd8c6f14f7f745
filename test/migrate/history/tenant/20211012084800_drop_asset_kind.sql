-- migrate:up
alter table assets add constraint assets_kind_set check (kind_id is not null) not valid;
alter table assets validate constraint assets_kind_set;
alter table assets alter column kind_id set not null;
alter table assets drop constraint assets_kind_set;
alter table assets drop column kind;

-- migrate:down
alter table assets add column kind text;
update assets a set kind = k.name from asset_kinds k where k.tenant_id = a.tenant_id and k.id = a.kind_id;
alter table assets alter column kind set not null;
alter table assets alter column kind_id drop not null;
