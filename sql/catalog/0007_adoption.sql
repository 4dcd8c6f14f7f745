-- What was there before Tenantry: `tenant unadopt` gives it back, and it is never dropped with its cluster.
alter table catalog.database add column adopted boolean not null default false;
-- The version that an adopted home had from the beginning; null where Tenantry made the home.
alter table catalog.home add column adopted_version text;
