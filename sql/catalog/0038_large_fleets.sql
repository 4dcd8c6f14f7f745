-- What few tenants are is found without looking at all: those that go, those that are nobody's yet.
create index tenant_purging on catalog.tenant (id) where state = 'purging';
create index tenant_stock on catalog.tenant (id) where starts_with(slug, '~');
-- Homes by size, the largest first or last.
create index home_fact_bytes on catalog.home_fact (bytes);
-- The first tenant of a home. Without their order in the index the server would look for any one of them in the whole table: that there are few homes for
-- many tenants is true of all of them together, and of those with one tenant not at all.
create index placement_home_tenant on catalog.placement (home_id, tenant_id);
drop index catalog.placement_home;

-- What is asked of events and deliveries where few of all that are kept match.
create index event_operation on catalog.event (operation_id, seq) where seq is not null;
create index webhook_delivery_failed on catalog.webhook_delivery (webhook_id, seq) where state = 'failed';

-- An event is written twice, and what waits to be published is looked for by an index that both leave an entry in: a fifth of all that are kept would be
-- far too many to pass by each time.
alter table catalog.event set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- Each statement of it looks around anew, so that the second sees all that whoever held the row before has published.
create function catalog.publish_events(most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  found_some integer;
begin
  if not exists (select from catalog.event where seq is null) then
    return 0;
  end if;
  perform from catalog.event_stream for update skip locked;
  if not found then
    return null;
  end if;
  with next as materialized (
    select w.id, row_number() over (order by w.id) as place
    from (select id from catalog.event where seq is null order by id limit most) w
  ), numbered as (
    update catalog.event e
    set seq = s.published + next.place
    from next, catalog.event_stream s
    where e.id = next.id
    returning e.id
  )
  update catalog.event_stream set published = published + (select count(*) from numbered)
  returning (select count(*) from numbered) into found_some;
  return found_some;
end
$$;
revoke all on function catalog.publish_events(integer) from public;
