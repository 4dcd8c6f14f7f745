-- A tenant's rows on their way into a home. Until `loaded_at` is there, what the home has of the tenant is what that operation has left, and nobody else's.
create table tenantry.loading (
  home_id uuid not null references tenantry.home (id) on delete cascade,
  tenant_id uuid not null,
  operation_id uuid not null,
  begun_at timestamptz not null default clock_timestamp(),
  -- What the home does without meanwhile, each as the statement that makes it again.
  postponed jsonb not null default '[]',
  loaded_at timestamptz,
  primary key (home_id, tenant_id)
);
revoke all on tenantry.loading from public;

/*
 * Has a home that is nobody's yet do without what rows need not, or must not, be held to one by one. Writes down first how each is made again. With
 * `keys`, foreign keys among its own tables (to drop one to a table of others would lock that); with `indexes`, those that no constraint stands on; always, checks
 * that are not valid: rows that were there before them may break them, and they are only ever asked of new ones.
 */
create function tenantry.postpone(loaded_home uuid, loaded_tenant uuid, home_schema text, keys boolean, indexes boolean) returns integer
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
  namespace oid := to_regnamespace(quote_ident(home_schema));
  found jsonb;
begin
  with relations as materialized (
    select c.oid, c.relname, c.relkind
    from pg_depend d
    join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p')
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = namespace and d.classid = 'pg_class'::regclass
  ), things as (
    select 'constraint' as kind, r.oid::regclass::text as rel, k.conname::text as name,
           format('alter table %s add constraint %I %s', r.oid::regclass, k.conname, pg_get_constraintdef(k.oid)) as definition,
           obj_description(k.oid, 'pg_constraint') as comment
    from relations r
    join pg_constraint k on k.conrelid = r.oid and k.conparentid = 0 and k.coninhcount = 0
    left join pg_class t on t.oid = k.confrelid
    where (keys and k.contype = 'f' and t.relnamespace = namespace) or (k.contype = 'c' and not k.convalidated)
    union all
    select 'index', r.oid::regclass::text, x.relname::text, pg_get_indexdef(x.oid), obj_description(x.oid, 'pg_class')
    from relations r
    join pg_index i on i.indrelid = r.oid and i.indisvalid and not i.indisreplident and not i.indisclustered
    join pg_class x on x.oid = i.indexrelid and not x.relispartition and x.reltablespace = 0
    where indexes
      and r.relkind = 'r'
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = x.oid and d.refclassid in ('pg_constraint'::regclass, 'pg_extension'::regclass))
      and not exists (select from pg_depend d where d.refclassid = 'pg_class'::regclass and d.refobjid = x.oid and d.classid = 'pg_constraint'::regclass)
      and not exists (
        select from pg_attribute a where a.attrelid = x.oid and coalesce((to_jsonb(a) ->> 'attstattarget')::int, -1) <> -1)
  )
  select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'rel', rel, 'name', name, 'definition', definition, 'comment', comment)
                            order by kind desc, rel collate "C", name collate "C"), '[]')
    into found
    from things;
  update tenantry.loading set postponed = found where home_id = loaded_home and tenant_id = loaded_tenant;
  for i in reverse jsonb_array_length(found) - 1 .. 0 loop
    if found -> i ->> 'kind' = 'index' then
      execute format('drop index %I.%I', home_schema, found -> i ->> 'name');
    else
      execute format('alter table %s drop constraint %I', found -> i ->> 'rel', found -> i ->> 'name');
    end if;
  end loop;
  return jsonb_array_length(found);
end
$$;
revoke all on function tenantry.postpone(uuid, uuid, text, boolean, boolean) from public;

-- Makes the n-th, counted from 0, of what was postponed again. Repeatable.
create function tenantry.make_again(loaded_home uuid, loaded_tenant uuid, n integer) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thing jsonb;
  home_schema text;
begin
  select l.postponed -> n, h.schema_name into strict thing, home_schema
  from tenantry.loading l
  join tenantry.home h on h.id = l.home_id
  where l.home_id = loaded_home and l.tenant_id = loaded_tenant;
  if thing ->> 'kind' = 'index' then
    if to_regclass(format('%I.%I', home_schema, thing ->> 'name')) is not null then
      return;
    end if;
    execute thing ->> 'definition';
    if thing ->> 'comment' is not null then
      execute format('comment on index %I.%I is %L', home_schema, thing ->> 'name', thing ->> 'comment');
    end if;
    return;
  end if;
  if exists (select from pg_constraint k where k.conrelid = (thing ->> 'rel')::regclass and k.conname = thing ->> 'name') then
    return;
  end if;
  execute thing ->> 'definition';
  if thing ->> 'comment' is not null then
    execute format('comment on constraint %I on %s is %L', thing ->> 'name', thing ->> 'rel', thing ->> 'comment');
  end if;
end
$$;
revoke all on function tenantry.make_again(uuid, uuid, integer) from public;
