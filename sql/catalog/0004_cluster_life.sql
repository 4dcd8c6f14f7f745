-- What a cluster goes through between its adding and its removal.
alter table catalog.cluster
  -- Being rotated or removed: no tenant is created there meanwhile, and nothing else begins.
  add column state text not null default 'live' check (state in ('live', 'rotating', 'removing')),
  add column draining boolean not null default false,
  -- Logins come in pairs, an odd number and the even one after it; applications use this one of each pair.
  add column login_side smallint not null default 1 check (login_side in (1, 2)),
  -- Since when the others of the pairs are only there for applications that have not heard yet; null when they cannot log in.
  add column old_logins_since timestamptz;
