/*
 * What one operation works on at once in one database shares the row of its fence, and nobody waits for another. `for key share` would not do: a newer
 * token's update would pass it by. So the update waits for all who hold the older token, and whoever comes with that afterwards is refused. The first of
 * all has the row for itself until its transaction ends: long ones commit the fence beforehand.
 */
create or replace function tenantry.fence(operation uuid, worker_token bigint) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform 1 from tenantry.operation_fence f where f.operation_id = operation and f.token = worker_token for share;
  if found then
    return;
  end if;
  insert into tenantry.operation_fence (operation_id, token) values (operation, worker_token) on conflict (operation_id) do nothing;
  update tenantry.operation_fence f set token = worker_token where f.operation_id = operation and f.token < worker_token;
  perform 1 from tenantry.operation_fence f where f.operation_id = operation and f.token = worker_token for share;
  if not found then
    raise exception 'operation % has been taken over', operation using errcode = 'TN010';
  end if;
end
$$;
revoke all on function tenantry.fence(uuid, bigint) from public;

/*
 * All that the gate and the walls of a home look at, as one digest in which the names of the home's schema and role do not show: homes with the same
 * digest get the same verdict of the gate, and lack the same walls, which is none. It reads by indexes alone: pg_class and pg_proc have none that begins
 * with the schema, so it comes to them through pg_depend, and the planner is told so once, since what it knows of the catalogs changes with every home.
 *
 * Expressions of policies are the dearest part. Most are equal, and each is put into words once: as trees they differ where a column has another number.
 */
create function tenantry.home_shape(home_schema text, home_role text, tenant_column text) returns text
language plpgsql stable security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  namespace oid := to_regnamespace(quote_ident(home_schema));
  prefix text := quote_ident(home_schema) || '.';
  answer text;
begin
  with relation as materialized (
    select c.oid, c.relname::text as name, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relacl, c.reloptions,
           a.attnum, a.attnotnull, a.atttypid,
           coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false) as invoker
    from pg_depend d
    join pg_class c on c.oid = d.objid
    left join pg_attribute a on a.attrelid = c.oid and a.attname = tenant_column and not a.attisdropped
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = namespace and d.classid = 'pg_class'::regclass
  ), policy as materialized (
    select r.name, r.attnum, p.polrelid, p.polname, p.polpermissive, p.polcmd, p.polroles, p.polqual, p.polwithcheck
    from relation r
    join pg_policy p on p.polrelid = r.oid
  ), tree as materialized (
    select distinct on (e.tree::text, e.attnum) e.tree, e.attnum, e.polrelid
    from (select polqual as tree, attnum, polrelid from policy union all select polwithcheck, attnum, polrelid from policy) e
    where e.tree is not null
  ), expression as materialized (
    select t.tree::text as tree, t.attnum, pg_get_expr(t.tree, t.polrelid) as says from tree t
  ), line (says) as (
    select row('schema', n.nspowner::regrole, replace(n.nspacl::text, home_role, '~'))::text from pg_namespace n where n.oid = namespace
    union all
    select row('relation', r.name, r.relkind, r.relispartition, r.relrowsecurity, r.relforcerowsecurity, r.relowner::regrole,
                     replace(r.relacl::text, home_role, '~'), r.attnum, r.attnotnull, r.atttypid::regtype,
                     (select pg_get_expr(f.adbin, f.adrelid) from pg_attrdef f where f.adrelid = r.oid and f.adnum = r.attnum),
                     case when r.relkind = 'v' then r.reloptions::text end,
                     case when r.relkind = 'v' and not r.invoker then replace(pg_get_viewdef(r.oid), prefix, '') end,
                     case when r.relkind = 'S' then exists (
                       select from pg_depend d
                       where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.deptype = 'i' and d.refclassid = 'pg_class'::regclass
                     ) end)::text
    from relation r
    union all
    select row('column', r.name, a.attname, replace(a.attacl::text, home_role, '~'))::text
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attacl is not null
    where r.relkind <> 'S'
    union all
    select row('policy', p.name, p.polname, p.polpermissive, p.polcmd, p.polroles,
                     (select e.says from expression e where e.tree = p.polqual::text and e.attnum is not distinct from p.attnum), '/',
                     (select e.says from expression e where e.tree = p.polwithcheck::text and e.attnum is not distinct from p.attnum))::text
    from policy p
    union all
    select row('constraint', r.name, k.conname, k.contype, k.conparentid = 0, k.conkey::text, k.confkey::text, k.confupdtype, k.confdeltype,
                     k.confdelsetcols::text, k.conexclop::text,
                     case when k.confrelid <> 0 then replace(k.confrelid::regclass::text, prefix, '') end,
                     case when k.contype = 'c' then exists (
                       select from pg_depend d
                       join pg_proc p on p.oid = d.refobjid and p.provolatile <> 'i'
                       where d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
                     ) end)::text
    from relation r
    join pg_constraint k on k.conrelid = r.oid
    where r.relkind in ('r', 'p', 'f') and k.contype in ('p', 'u', 'x', 'f', 'c')
    union all
    select row('unique', r.name, i.indkey::text, i.indkey[0] = r.attnum or exists (select from pg_inherits h where h.inhrelid = i.indexrelid))::text
    from relation r
    join pg_index i on i.indrelid = r.oid and i.indisunique
    where r.relkind in ('r', 'p', 'm')
    union all
    select row('child', r.name, replace(h.inhparent::regclass::text, prefix, ''))::text
    from relation r
    join pg_inherits h on h.inhrelid = r.oid
    where r.relkind in ('r', 'p', 'f')
    union all
    select row('trigger', r.name, t.tgname, t.tgenabled, replace(t.tgfoid::regprocedure::text, prefix, ''), p.prosrc,
                     case when t.tgqual is not null then replace(pg_get_triggerdef(t.oid), prefix, '') end)::text
    from relation r
    join pg_trigger t on t.tgrelid = r.oid
    join pg_proc p on p.oid = t.tgfoid
    where r.relkind in ('r', 'p', 'v', 'f') and not t.tgisinternal
    union all
    select row('rule', r.name, w.rulename)::text from relation r join pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
    union all
    select row('function', replace(p.oid::regprocedure::text, prefix, ''), p.prosecdef, p.proconfig::text, p.proleakproof, p.prolang, p.prokind,
                     p.provolatile, p.proowner::regrole, replace(p.proacl::text, home_role, '~'))::text
    from pg_depend d
    join pg_proc p on p.oid = d.objid
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = namespace and d.classid = 'pg_proc'::regclass
  )
  select encode(sha256(convert_to(string_agg(says, E'\n' order by says collate "C"), 'UTF8')), 'hex') into answer from line;
  return answer;
end
$$;
revoke all on function tenantry.home_shape(text, text, text) from public;

/*
 * That nobody has touched a home since its shape was last looked at is cheaper to know than its shape: no row of the system catalogs that the shape is made
 * of has come since (its xmin tells), and none has gone (their number tells). `seal_horizon` is the oldest transaction that was in progress then; those after
 * it whose rows are known are in `seal_own`. `seal_place` says on which server and in which schema these numbers mean anything: a restored copy has others.
 *
 * What is outside of the schema is left out: of functions elsewhere that a trigger, a check or a view of the home calls the shape knows body, name or
 * volatility, and the seal does not see them change; nor that a type or a role has another name. Tenants and migrations of homes can change none of these.
 */
alter table tenantry.home
  add column seal_place text,
  add column seal_shape text,
  add column seal_rows integer,
  add column seal_horizon xid8,
  add column seal_own xid[];

-- One expression without settings of its own, so that the planner inlines it.
create function tenantry.seal_place(cluster text, schema_name text) returns text
language sql stable
as $$
  select pg_catalog.concat_ws('/', cluster, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()),
                              pg_catalog.to_regnamespace(pg_catalog.quote_ident(schema_name))::pg_catalog.oid)
$$;
revoke all on function tenantry.seal_place(text, text) from public;

-- Of several homes at once. `strange` is told of homes that are sealed.
create function tenantry.home_rows(homes uuid[], tenant_column text) returns table (home uuid, total integer, strange integer)
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set jit = off
as $$
begin
  return query
  with known as materialized (
    select h.id, to_regnamespace(quote_ident(h.schema_name))::oid as namespace, age(h.seal_horizon::xid) as old,
           pg_current_xact_id()::xid || coalesce(h.seal_own, '{}') as own
    from tenantry.home h where h.id = any (homes)
  ), relation as materialized (
    select k.id, c.oid, c.xmin as made, c.relkind
    from known k
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = k.namespace and d.classid = 'pg_class'::regclass
    join pg_class c on c.oid = d.objid
  ), rows (id, made) as (
    select r.id, r.made from relation r
    union all
    select k.id, n.xmin from known k join pg_namespace n on n.oid = k.namespace
    union all
    select r.id, x.xmin from relation r join pg_policy x on x.polrelid = r.oid where r.relkind in ('r', 'p')
    union all
    select r.id, x.xmin from relation r join pg_constraint x on x.conrelid = r.oid where r.relkind in ('r', 'p', 'f')
    union all
    select r.id, x.xmin from relation r join pg_index x on x.indrelid = r.oid where r.relkind in ('r', 'p', 'm')
    union all
    select r.id, x.xmin from relation r join pg_trigger x on x.tgrelid = r.oid where r.relkind in ('r', 'p', 'v', 'f')
    union all
    select r.id, x.xmin from relation r join pg_attribute x on x.attrelid = r.oid and (x.attname = tenant_column or x.attacl is not null)
      where r.relkind in ('r', 'p', 'm', 'f', 'v')
    union all
    select r.id, x.xmin from relation r join pg_attrdef x on x.adrelid = r.oid where r.relkind in ('r', 'p', 'f')
    union all
    select r.id, x.xmin from relation r join pg_rewrite x on x.ev_class = r.oid where r.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select r.id, x.xmin from relation r join pg_inherits x on x.inhrelid = r.oid where r.relkind in ('r', 'p', 'f')
    union all
    select k.id, p.xmin
    from known k
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = k.namespace and d.classid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.objid
  ), counted as materialized (
    select r.id, r.made, count(*) as n from rows r group by r.id, r.made
  )
  select k.id, sum(c.n)::integer, coalesce(sum(c.n) filter (where age(c.made) <= k.old and c.made <> all (k.own)), 0)::integer
  from known k
  join counted c on c.id = k.id
  group by k.id;
end
$$;
revoke all on function tenantry.home_rows(uuid[], text) from public;

/* Says of a home, whose row the caller holds, that gate and walls have seen this shape. `horizon` is from before they looked. Answers how many rows there are. */
create function tenantry.seal_home(home uuid, cluster text, tenant_column text, shape text, horizon xid8) returns integer
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  answer constant integer := (select r.total from tenantry.home_rows(array[seal_home.home], tenant_column) as r);
begin
  update tenantry.home h
    set seal_place = tenantry.seal_place(cluster, h.schema_name),
        seal_shape = shape, seal_rows = answer, seal_horizon = horizon, seal_own = array[pg_current_xact_id()::xid]
    where h.id = home;
  return answer;
end
$$;
revoke all on function tenantry.seal_home(uuid, text, text, text, xid8) from public;

/*
 * The beginning and the end of a migration of homes that stand alike, which crosses the wire as one message and is one transaction: raise TN010 (the worker
 * was taken over), TN020 (the ledger of a home is not the expected one) and TN021 (a home has become what the gate has not seen yet). The rows of the homes
 * are held as every migrator of them holds them.
 *
 * A home that looked as the first of its class did before the file, and that nobody has touched since, looks as that did after it. Of any other the shape
 * is computed, and must be one that the gate has seen.
 */
create function tenantry.begin_migrations(operation uuid, worker_token bigint, homes uuid[], expected_ledger text) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
  held integer;
begin
  perform tenantry.fence(operation, worker_token);
  perform 1 from tenantry.home h where h.id = any (homes) order by h.id for update;
  -- As take_home does, which waits by itself: here the caller does.
  perform pg_advisory_xact_lock(uuid_hash_extended(o.id, 7427)) from unnest(homes) as o (id);
  select count(*) into held
    from (
      select from unnest(homes) as o (id)
      left join tenantry.migration m on m.home_id = o.id
      group by o.id
      having coalesce(encode(sha256(convert_to(string_agg(concat(m.version, ':', m.checksum, E'\n'), ''
        order by m.version !~ '^R__', case when m.version ~ '^R__' then 0 else length(m.version) end, m.version collate "C")
        filter (where m.home_id is not null), 'UTF8')), 'hex'), '') = expected_ledger
    ) as alike;
  if held <> cardinality(homes) then
    raise exception 'the ledger of a home is not the expected one' using errcode = 'TN020';
  end if;
end
$$;
revoke all on function tenantry.begin_migrations(uuid, bigint, uuid[], text) from public;

create function tenantry.end_migrations(
  operation uuid, homes uuid[], new_version text, title text, file_checksum text, tenant_column text,
  cluster text, shape_before text, rows_added integer, known_shapes text[]
) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
  mine constant xid := pg_current_xact_id()::xid;
  now_open constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  shape_after constant text := known_shapes[array_upper(known_shapes, 1)];
  ended integer;
begin
  with looked as materialized (
    select h.id, r.total, tenantry.seal_place(cluster, h.schema_name) as place, h.schema_name, h.role_name, h.seal_own,
           -- Numbers of transactions come round.
           coalesce(h.seal_place = tenantry.seal_place(cluster, h.schema_name) and h.seal_shape = shape_before
             and h.seal_rows + rows_added = r.total and r.strange = 0
             and now_open::text::bigint - h.seal_horizon::text::bigint between 0 and 1000000000, false) as untouched
    from tenantry.home_rows(homes, tenant_column) as r
    join tenantry.home h on h.id = r.home
  ), shaped as materialized (
    select f.id, f.total, f.place,
           case when f.untouched then shape_after else tenantry.home_shape(f.schema_name, f.role_name, tenant_column) end as shape,
           case when f.untouched then array(select o from unnest(mine || f.seal_own) as o where age(o) <= age(now_open::xid)) else array[mine] end as own
    from looked f
  )
  update tenantry.home h
    set version = new_version, seal_place = s.place, seal_shape = s.shape, seal_rows = s.total, seal_horizon = now_open, seal_own = s.own
    from shaped s
    where h.id = s.id and s.shape = any (known_shapes);
  get diagnostics ended = row_count;
  if ended <> cardinality(homes) then
    raise exception 'a home has become what the gate has not seen' using errcode = 'TN021';
  end if;
  insert into tenantry.migration (home_id, version, name, checksum, operation_id)
    select o.id, new_version, title, file_checksum, operation from unnest(homes) as o (id);
  update tenantry.placement p set version = new_version where p.home_id = any (homes);
end
$$;
revoke all on function tenantry.end_migrations(uuid, uuid[], text, text, text, text, text, text, integer, text[]) from public;
