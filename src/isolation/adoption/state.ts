import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'

/** What is looked at: a schema with all that is in it, or (without one) the database itself and what its walls touch in pg_catalog. */
export interface Scope {
  readonly schema: string | null
  readonly tenantColumn: string | null
}

// Rights by default are written out, so that having them by default and having been granted them are the same.
const state = ({ schema, tenantColumn }: Scope): Sql => sql`
  with home as (select to_regnamespace(quote_ident(${schema}))::oid as oid),
  found (class, object, sub, owner, acl, details) as (
    select 'pg_catalog.pg_namespace'::regclass::oid, n.oid, 0, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), '{}'::jsonb
    from pg_catalog.pg_namespace n, home
    where n.oid = home.oid or (home.oid is null and n.nspname in ('public', 'ext'))
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, 0, c.relowner,
           coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner)),
           case
             when home.oid is null then '{}'
             when c.relkind in ('r', 'p') then jsonb_build_object('rls', c.relrowsecurity, 'forced', c.relforcerowsecurity, 'policies', coalesce((
               select jsonb_agg(jsonb_build_object('name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd,
                 'roles', array(select case r when 0 then 'public' else r::regrole::text end from unnest(p.polroles) as r order by 1),
                 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname)
               from pg_catalog.pg_policy p where p.polrelid = c.oid), '[]'))
             when c.relkind = 'v' then jsonb_build_object('invoker', (
               select split_part(o, '=', 2) from unnest(c.reloptions) as o where o like 'security\_invoker=%'))
             else '{}'
           end
    from pg_catalog.pg_class c, home
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      and c.relnamespace = coalesce(home.oid, 'pg_catalog'::regnamespace)
    union all
    select 'pg_catalog.pg_class'::regclass, c.oid, a.attnum, null, coalesce(a.attacl, '{}'),
           case when a.attname = ${tenantColumn} and c.relkind in ('r', 'p')
                then jsonb_build_object('preset', pg_get_expr(d.adbin, d.adrelid)) else '{}' end
    from home
    join pg_catalog.pg_class c on c.relnamespace = home.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where a.attacl is not null or a.attname = ${tenantColumn}
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid, 0, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), '{}'
    from pg_catalog.pg_proc p, home
    where p.pronamespace = coalesce(home.oid, 'pg_catalog'::regnamespace)
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, 0, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), '{}'
    from home
    join pg_catalog.pg_type t on t.typnamespace = home.oid
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typtype in ('e', 'd', 'r')
      or (t.typtype = 'c' and c.relkind = 'c')
      or (t.typtype = 'b' and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid))
    union all
    select 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 0, s.stxowner, '{}', '{}'
    from home join pg_catalog.pg_statistic_ext s on s.stxnamespace = home.oid
    union all
    select 'pg_catalog.pg_language'::regclass, l.oid, 0, l.lanowner, coalesce(l.lanacl, acldefault('l', l.lanowner)), '{}'
    from home join pg_catalog.pg_language l on home.oid is null
    union all
    select 'pg_catalog.pg_database'::regclass, d.oid, 0, d.datdba, coalesce(d.datacl, acldefault('d', d.datdba)),
           jsonb_build_object('comment', shobj_description(d.oid, 'pg_database'),
             'schemas', (select jsonb_agg(n.nspname order by 1) from pg_catalog.pg_namespace n where n.nspname !~ '^pg_'),
             'extensions', (select coalesce(jsonb_agg(e.extname order by 1), '[]') from pg_catalog.pg_extension e))
    from home join pg_catalog.pg_database d on home.oid is null and d.datname = current_database()
  )
  select f.class, f.object, f.sub, f.owner::regrole::text as owner,
         array(select i::text from unnest(f.acl) as i order by 1) as acl, f.details
  from found f`

const tableOf = ({ schema }: Scope): Sql => ident('pg_temp', schema === null ? 'database_before' : 'home_before')

/** Keeps the state for the rest of the transaction, to compare with. */
export async function rememberState(session: Session, scope: Scope): Promise<void> {
  // A utility statement takes no values.
  await session.run(sql`
    create temporary table ${ident(scope.schema === null ? 'database_before' : 'home_before')}
      (class oid, object oid, sub integer, owner text, acl text[], details jsonb) on commit drop`)
  await session.run(sql`insert into ${tableOf(scope)} ${state(scope)}`)
}

// A column without rights of its own is not looked at, so one that has lost them is not there.
const changed = (scope: Scope): Sql => sql`
  ${tableOf(scope)} b
  left join (${state(scope)}) n on n.class = b.class and n.object = b.object and n.sub = b.sub
  where (b.owner, b.acl, b.details) is distinct from (n.owner, n.acl, n.details)`

/** Writes down how everything was that has changed since. Sequences last: those of a column follow their table. */
export async function recordState(session: Session, scope: Scope, home: string | null): Promise<void> {
  await session.run(sql`
    insert into tenantry.adopted_object (home_id, position, object_type, object_names, object_args, owner_name, acl, details)
    select ${home}, row_number() over (order by b.class <> 'pg_catalog.pg_namespace'::regclass, a.type = 'sequence', b.class, b.object, b.sub),
           a.type, a.object_names, a.object_args,
           b.owner, b.acl, b.details
    from (select b.* from ${changed(scope)}) as b
    cross join lateral pg_identify_object_as_address(b.class, b.object, b.sub) as a`)
}

/** What has changed since, in words, one line for each object; of pg_catalog in one line altogether. */
export async function changesSince(session: Session, scope: Scope): Promise<readonly string[]> {
  const rows = await session.rows(sql<{ line: string }>`
    with change as (
      select pg_describe_object(b.class, b.object, b.sub) as what, b.class, b.object, b.owner as was, n.owner as now, b.acl as had, n.acl as has,
             b.details as before, n.details as after
      from ${changed(scope)}
    ),
    -- Rights change hands with the owner: seen from before, they are the same ones.
    rights as (
      select c.*,
             array(select i from unnest(c.had) i where split_part(i, '=', 1) <> coalesce(c.was, '')) as theirs,
             array(select i from unnest(c.has) i where split_part(i, '=', 1) <> coalesce(c.now, '')) as others
      from change c
    ),
    worded as (
      select r.what, r.class, r.object,
             array_to_string(array_remove(array[
               case when r.was <> r.now then format('owner %s becomes %s', r.was, r.now) end,
               (select 'taken from ' || string_agg(distinct case split_part(i, '=', 1) when '' then 'public' else split_part(i, '=', 1) end, ', ')
                from unnest(r.theirs) i where split_part(i, '=', 1) not in (select split_part(j, '=', 1) from unnest(r.others) j)),
               (select 'granted to ' || string_agg(distinct split_part(i, '=', 1), ', ')
                from unnest(r.others) i where split_part(i, '=', 1) not in (select split_part(j, '=', 1) from unnest(r.theirs) j)),
               (select 'fewer rights for ' || string_agg(case split_part(i, '=', 1) when '' then 'public' else split_part(i, '=', 1) end, ', ')
                from unnest(r.theirs) i join unnest(r.others) j on split_part(i, '=', 1) = split_part(j, '=', 1)
                where length(split_part(split_part(i, '=', 2), '/', 1)) > length(split_part(split_part(j, '=', 2), '/', 1))),
               case when (r.before ->> 'rls') <> (r.after ->> 'rls') then 'row-level security ' || case r.after ->> 'rls' when 'true' then 'on' else 'off' end end,
               case when (r.before ->> 'forced') <> (r.after ->> 'forced') then case r.after ->> 'forced' when 'true' then 'forced' else 'no longer forced' end end,
               (select 'policies gone: ' || string_agg(p ->> 'name', ', ') from jsonb_array_elements(r.before -> 'policies') p
                where p ->> 'name' not in (select q ->> 'name' from jsonb_array_elements(r.after -> 'policies') q)),
               (select 'policies: ' || string_agg(p ->> 'name', ', ') from jsonb_array_elements(r.after -> 'policies') p
                where p ->> 'name' not in (select q ->> 'name' from jsonb_array_elements(r.before -> 'policies') q)),
               case when r.before -> 'invoker' is distinct from r.after -> 'invoker' then 'security_invoker' end,
               case when r.before -> 'preset' is distinct from r.after -> 'preset' then format('default %s', r.after ->> 'preset') end
             ], null), '; ') as said
      from rights r
    )
    select 'pg_catalog: taken from public: ' || string_agg(n || ' ' || what, ' and ' order by what) as line
    from (
      select case class when 'pg_catalog.pg_proc'::regclass then 'functions' else 'views' end as what, count(*) as n
      from worded w
      where (select p.pronamespace from pg_catalog.pg_proc p where w.class = 'pg_catalog.pg_proc'::regclass and p.oid = w.object) = 'pg_catalog'::regnamespace
         or (select c.relnamespace from pg_catalog.pg_class c where w.class = 'pg_catalog.pg_class'::regclass and c.oid = w.object) = 'pg_catalog'::regnamespace
      group by 1
    ) as counted
    having count(*) > 0
    union all
    (select what || ': ' || said
     from worded w
     where said <> ''
       and not exists (select from pg_catalog.pg_proc p where w.class = 'pg_catalog.pg_proc'::regclass and p.oid = w.object
                         and p.pronamespace = 'pg_catalog'::regnamespace)
       and not exists (select from pg_catalog.pg_class c where w.class = 'pg_catalog.pg_class'::regclass and c.oid = w.object
                         and c.relnamespace = 'pg_catalog'::regnamespace)
     order by 1)`)
  return rows.map(({ line }) => line)
}
