-- An operation that stands still until somebody goes on with it: nobody holds its lease, and no worker takes it up.
alter table catalog.operation
  drop constraint operation_state_check,
  add constraint operation_state_check check (state in ('running', 'undoing', 'paused', 'succeeded', 'failed', 'cancelled')),
  -- Why somebody wants it to pause: it does before its next item.
  add column pause_requested text,
  -- What its next item waits for, in words; null while it goes on.
  add column waits_for text,
  -- Items that had failed when somebody said to go on all the same: the error budget counts from there.
  add column failures_accepted integer not null default 0;
create index operation_paused on catalog.operation (created_at) where state = 'paused';

-- The order is journaled with the items, so that whoever goes on keeps to it.
alter table catalog.operation_item
  drop constraint operation_item_state_check,
  add constraint operation_item_state_check check (state in ('waiting', 'done', 'failed', 'skipped')),
  add column wave integer not null default 0,
  add column place integer not null default 0,
  add column tenants integer not null default 0,
  -- Why it was skipped.
  add column reason text;
create index operation_item_state on catalog.operation_item (operation_id, state);

create table catalog.operation_wave (
  operation_id uuid not null references catalog.operation (id) on delete cascade,
  wave integer not null check (wave > 0),
  name text not null,
  began_at timestamptz,
  ended_at timestamptz,
  -- Somebody looked at it and said that the next may begin.
  released boolean not null default false,
  primary key (operation_id, wave)
);

-- One row while migrations are frozen.
create table catalog.migration_freeze (
  only_one boolean primary key default true check (only_one),
  reason text not null,
  actor text not null,
  since timestamptz not null default clock_timestamp(),
  until timestamptz
);
