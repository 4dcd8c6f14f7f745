-- migrate:up
alter table events disable trigger events_keep_kind;
update events set kind = lower(btrim(kind)) where kind <> lower(btrim(kind));
alter table events enable trigger events_keep_kind;
alter table events add constraint events_kind_form check (kind = lower(kind));

-- migrate:down
alter table events drop constraint events_kind_form;
