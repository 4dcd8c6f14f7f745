-- Migrations on request: what the homes of a track may be brought to as soon as somebody needs it, as `migrate up --mode on_request` has offered it.
create table catalog.migration_offer (
  track text primary key,
  version text not null check (version ~ '^[0-9]{1,20}$'),
  -- Of the files up to that version: a worker with others leaves it to those who have them.
  digest text not null,
  offered_at timestamptz not null default clock_timestamp()
);

-- The homes for which a scope waits: one row, however many wait. How it stands is told by its operation; none has taken it yet where there is none.
create table catalog.migration_wish (
  home_id uuid primary key references catalog.home (id) on delete cascade,
  asked_at timestamptz not null default clock_timestamp(),
  operation_id uuid references catalog.operation (id) on delete set null deferrable initially deferred
);

/*
 * For applications: a scope needs the home of this tenant at `wanted` or newer. Asked again and again while it waits, it writes once at most: only for a
 * home that is behind, and only what was offered. Nobody can wish for anything else by it, nor for more rows than there are homes.
 */
create function catalog.wish_v1(tenant uuid, wanted text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  seen record;
begin
  if wanted is null or wanted !~ '^[0-9]{1,20}$' then
    return null;
  end if;
  select h.id, h.version, o.version as offered, w.home_id is not null as wished, op.state, op.fault ->> 'message' as reason
    into seen
    from catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    join catalog.home h on h.id = p.home_id and h.state = 'live'
    left join catalog.migration_offer o on o.track = h.track
    left join catalog.migration_wish w on w.home_id = h.id
    left join catalog.operation op on op.id = w.operation_id
    where t.id = wish_v1.tenant and t.state in ('active', 'read_only');
  if not found then
    return null;
  end if;
  if (length(seen.version), seen.version collate "C") >= (length(wanted), wanted collate "C") then
    return jsonb_build_object('state', 'done');
  end if;
  if seen.offered is null or (length(seen.offered), seen.offered collate "C") < (length(wanted), wanted collate "C") then
    return jsonb_build_object('state', 'none');
  end if;
  if not seen.wished then
    insert into catalog.migration_wish (home_id) values (seen.id) on conflict do nothing;
  end if;
  return case
    when seen.state in ('failed', 'cancelled') then jsonb_build_object('state', 'failed', 'reason', seen.reason)
    when seen.state in ('running', 'undoing') then jsonb_build_object('state', 'running')
    else jsonb_build_object('state', 'waiting')
  end;
end
$$;
revoke all on function catalog.wish_v1(uuid, text) from public;
