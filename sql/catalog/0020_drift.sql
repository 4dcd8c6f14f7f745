-- What a scan has found in each home: the fingerprint of what is there, and of what the files would have made.
create table catalog.home_fingerprint (
  home_id uuid primary key references catalog.home on delete cascade,
  -- What the home had applied then. Where it has applied more since, the rest says nothing any more.
  digest text not null,
  fingerprint text not null,
  -- Null where the files cannot say: they do not make this digest, or cannot be run by themselves.
  expected text,
  scanned_at timestamptz not null default clock_timestamp()
);
