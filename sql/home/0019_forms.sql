-- How far a file has come whose statements run by themselves, outside of a transaction: gone when the file is in the ledger. Without a home: platform tables.
create table tenantry.migration_progress (
  home_id uuid references tenantry.home (id) on delete cascade,
  version text not null,
  checksum text not null,
  done integer not null,
  -- Indexes that were not there before: they go again when the gate refuses the file.
  made text[] not null default '{}',
  unique nulls not distinct (home_id, version)
);
