-- migrate:up
alter table agents add column locale text not null default 'en', add column time_zone text;

-- migrate:down
alter table agents drop column time_zone, drop column locale;
