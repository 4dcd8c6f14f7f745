-- Keys are worth a day. None was ever removed before.
delete from catalog.idempotency where created_at < now() - interval '24 hours';

-- Requests that no operation journals take a key as well.
alter table catalog.idempotency
  -- What the request was answered, or the fault that it ended with; null where that must not be kept, or is not known.
  add column answer jsonb,
  -- Whoever is at work on it says so from time to time; null once it is over.
  add column held_until timestamptz;
create index idempotency_age on catalog.idempotency (created_at);
