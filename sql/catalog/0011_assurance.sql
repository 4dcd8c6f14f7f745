-- The keys that applications sign with whom they enter, in databases that want it. The copy in the database verifies; applications use the newest.
create table catalog.signing_key (
  database_id uuid not null references catalog.database (id) on delete cascade,
  id integer not null,
  key bytea not null check (length(key) = 32),
  created_at timestamptz not null default clock_timestamp(),
  primary key (database_id, id)
);

-- As resolve_v2, which stays for a release: with the assurance of the tenant's database, and the key to sign with.
create function catalog.resolve_v3(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select case when v2.found ? 'databaseId' then v2.found || (
      select jsonb_build_object(
        'assurance', d.assurance,
        'signing', case when d.assurance <> 'standard' then (
          select jsonb_build_object('id', k.id, 'key', encode(k.key, 'hex'))
          from catalog.signing_key k
          where k.database_id = d.id
          order by k.id desc
          limit 1
        ) end)
      from catalog.database d
      where d.id = (v2.found ->> 'databaseId')::uuid
    ) else v2.found end
  from (select catalog.resolve_v2(ref) as found) as v2;
end;
revoke all on function catalog.resolve_v3(text) from public;
