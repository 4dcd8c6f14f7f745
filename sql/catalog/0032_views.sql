-- Filters of a list that somebody wants to have again, under a name.
create table catalog.saved_view (
  id uuid primary key,
  -- Who saved it, as the audit names them. No reference: a view that is shared outlives the key that saved it.
  owner text not null,
  -- The list that it is of.
  screen text not null,
  name text not null,
  -- As it stands in the address of the list.
  query text not null check (length(query) <= 2000),
  -- Others see it too.
  shared boolean not null,
  saved_at timestamptz not null default clock_timestamp(),
  unique (owner, screen, name)
);
create index saved_view_listing on catalog.saved_view (name, id);
