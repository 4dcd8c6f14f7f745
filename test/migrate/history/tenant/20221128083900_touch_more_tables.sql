-- migrate:up
alter table contacts add column updated_at timestamptz;
alter table assets add column updated_at timestamptz;
create trigger contacts_touch before update on contacts for each row execute function touch_updated_at();
create trigger assets_touch before update on assets for each row when (old.* is distinct from new.*) execute function touch_updated_at();

-- migrate:down
drop trigger assets_touch on assets;
drop trigger contacts_touch on contacts;
alter table assets drop column updated_at;
alter table contacts drop column updated_at;
