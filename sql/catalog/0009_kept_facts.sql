-- What only the catalog knows of tenants and clusters is also kept where the tenants live, for the day that the catalog is lost. This is what has changed
-- since it was carried there last. An outbox, so that no change waits for a tenant's database, and a claim stays one transaction of the catalog.
create sequence catalog.fact_change;

create table catalog.fact_due (
  -- Without a reference: what is gone when its turn comes is dropped then.
  subject uuid primary key,
  kind text not null check (kind in ('tenant', 'cluster')),
  -- Of two changes of one subject the later one has the greater number, whoever carries them.
  change bigint not null
);

-- Its arguments: the kind of the subject, and the column that names it.
create function catalog.facts_have_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  found jsonb;
begin
  if tg_op = 'DELETE' then found := to_jsonb(old); else found := to_jsonb(new); end if;
  -- The number of a second change is drawn under the row's lock.
  insert into catalog.fact_due (subject, kind, change)
  values ((found ->> tg_argv[1])::uuid, tg_argv[0], nextval('catalog.fact_change'))
  on conflict (subject) do update set change = nextval('catalog.fact_change');
  return null;
end
$$;
revoke all on function catalog.facts_have_changed() from public;

create trigger facts_have_changed after insert or update on catalog.tenant
  for each row execute function catalog.facts_have_changed('tenant', 'id');
create trigger facts_have_changed after update on catalog.placement
  for each row when (old.home_id is distinct from new.home_id) execute function catalog.facts_have_changed('tenant', 'tenant_id');
create trigger facts_have_changed after insert or update or delete on catalog.former_slug
  for each row execute function catalog.facts_have_changed('tenant', 'tenant_id');
create trigger facts_have_changed after insert or update or delete on catalog.tenant_domain
  for each row execute function catalog.facts_have_changed('tenant', 'tenant_id');
create trigger facts_have_changed after insert or update on catalog.cluster
  for each row execute function catalog.facts_have_changed('cluster', 'id');
create trigger facts_have_changed after insert or update or delete on catalog.stock
  for each row execute function catalog.facts_have_changed('cluster', 'cluster_id');
create trigger facts_have_changed after insert or delete on catalog.revocation
  for each row execute function catalog.facts_have_changed('cluster', 'cluster_id');

-- The version that a home was adopted with is a fact of all who live in it.
create function catalog.adoption_has_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into catalog.fact_due (subject, kind, change)
  select p.tenant_id, 'tenant', nextval('catalog.fact_change') from catalog.placement p where p.home_id = new.id order by p.tenant_id
  on conflict (subject) do update set change = nextval('catalog.fact_change');
  return null;
end
$$;
revoke all on function catalog.adoption_has_changed() from public;
create trigger adoption_has_changed after update on catalog.home
  for each row when (old.adopted_version is distinct from new.adopted_version) execute function catalog.adoption_has_changed();

insert into catalog.fact_due (subject, kind, change) select id, 'cluster', nextval('catalog.fact_change') from catalog.cluster;
insert into catalog.fact_due (subject, kind, change) select id, 'tenant', nextval('catalog.fact_change') from catalog.tenant;

-- An older control plane would keep fewer facts than there are, and call them kept: what it carries stays due.
create trigger refuse_older before delete on catalog.fact_due
  for each statement execute function catalog.refuse_older();
