-- Services of the project's own: a tenant each, whose home follows migrations of its own.
alter table catalog.home
  -- Which migrations the home follows: those of tenants, or of the service of this name.
  add column track text not null default 'tenant' check (track ~ '^[a-z][a-z0-9_-]{0,38}$'),
  -- A shared home has the tables of tenants.
  add constraint service_lives_alone check (track = 'tenant' or isolation <> 'shared');
