import { REFUSED_EXTENSIONS } from '../../kernel/extensions.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import { outsideOf } from '../dependencies.js'
import type { HomePlace } from '../model.js'

interface Found {
  readonly finding: string
}

const say = async (session: Session, statement: Sql<Found>): Promise<readonly string[]> =>
  (await session.rows(statement)).map(({ finding }) => finding)

/** Rights and policies that would lead around the walls, or that a home cannot have. None are left once `revoke_others` has run. */
export const othersIn = (session: Session, schema: string): Promise<readonly string[]> =>
  say(
    session,
    sql<Found>`
    with found as (
      select case r.grantee when 0 then 'public' else r.grantee::regrole::text end as role,
             format('%s on %s', string_agg(r.privilege, ', ' order by r.privilege), pg_describe_object(r.class, r.object, r.sub)) as held
      from tenantry.right_of_others r
      where r.namespace = to_regnamespace(quote_ident(${schema}))
      group by r.grantee, r.class, r.object, r.sub
    )
    select format('%s has rights here (%s%s): --revoke-others takes them away until the tenant is given back', role,
             array_to_string((array_agg(held order by held))[1:3], '; '),
             case when count(*) > 3 then format('; and %s more', count(*) - 3) end) as finding
    from found
    group by role
    union all
    select format('policy %s on table %s is not one of Tenantry''s: --revoke-others takes it away until the tenant is given back', p.polname, c.relname)
    from pg_catalog.pg_policy p
    join pg_catalog.pg_class c on c.oid = p.polrelid
    where c.relnamespace = to_regnamespace(quote_ident(${schema}))
    order by 1`,
  )

const beyond = (schema: string): Sql<Found> => sql<Found>`
  with home as (select to_regnamespace(quote_ident(${schema}))::oid as oid),
  own (class, object) as (
    select 'pg_catalog.pg_class'::regclass::oid, c.oid from pg_catalog.pg_class c join home on c.relnamespace = home.oid
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid from pg_catalog.pg_proc p join home on p.pronamespace = home.oid
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid from pg_catalog.pg_type t join home on t.typnamespace = home.oid
    union all
    select 'pg_catalog.pg_constraint'::regclass, k.oid from pg_catalog.pg_constraint k join home on k.connamespace = home.oid
    union all
    select 'pg_catalog.pg_attrdef'::regclass, a.oid from pg_catalog.pg_attrdef a join pg_catalog.pg_class c on c.oid = a.adrelid
      join home on c.relnamespace = home.oid
    union all
    select 'pg_catalog.pg_rewrite'::regclass, r.oid from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
      join home on c.relnamespace = home.oid
    union all
    select 'pg_catalog.pg_trigger'::regclass, t.oid from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      join home on c.relnamespace = home.oid
  ),
  needed as (
    select pg_describe_object(d.classid, d.objid, d.objsubid) as what, pg_describe_object(d.refclassid, d.refobjid, 0) as needs,
           (pg_identify_object(d.refclassid, d.refobjid, 0)).schema as elsewhere
    from own
    join pg_catalog.pg_depend d on d.classid = own.class and d.objid = own.object
    where d.deptype in ('n', 'a')
      and d.refclassid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass,
                           'pg_catalog.pg_operator'::regclass,
                           'pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_collation'::regclass, 'pg_catalog.pg_ts_config'::regclass)
  )
  select distinct format('%s needs %s, which is outside of the schema: scopes do not look there', what, needs) as finding
  from needed
  where elsewhere not in ('pg_catalog', 'information_schema', 'pg_toast', 'ext', 'tenantry', 'tenantry_pooler', 'platform')
    and elsewhere <> ${schema}
  order by 1`

// The gate does not look for what only superusers can make, and no migration.
const foreign = (schema: string): Sql<Found> => sql<Found>`
  with home as (select to_regnamespace(quote_ident(${schema}))::oid as oid),
  own_functions as (
    select p.oid, p.prolang, p.proleakproof
    from pg_catalog.pg_proc p
    join home on p.pronamespace = home.oid
    -- Neither those of extensions nor those that range types come with; an aggregate is in no language.
    where p.prokind <> 'a'
      and not exists (
        select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
  )
  select distinct format('extension %s is in the schema: move it with "create schema if not exists ext; alter extension %s set schema ext"', e.extname, quote_ident(e.extname))
    as finding
  from pg_catalog.pg_depend d
  join pg_catalog.pg_extension e on e.oid = d.refobjid
  join tenantry.object_in_schema o on o.class = d.classid and o.object = d.objid
  join home on o.namespace = home.oid
  where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass and e.extname !~ ${REFUSED_EXTENSIONS.source}
  union all
  select format('extension %s is in schema %s and leads around the walls: drop it', e.extname, e.extnamespace::regnamespace)
  from pg_catalog.pg_extension e
  join home on e.extnamespace in (home.oid, to_regnamespace('ext'))
  where e.extname ~ ${REFUSED_EXTENSIONS.source}
  union all
  -- The gate knows none, since no migration can make one.
  select format('rule %s on %s runs with the rights of the owner of the table: write a trigger instead', r.rulename, c.relname)
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join home on c.relnamespace = home.oid
  where r.rulename <> '_RETURN'
  union all
  select format('function %s is written in %s, which no wall binds: write it in sql or plpgsql', p.oid::regprocedure, l.lanname)
  from own_functions p
  join pg_catalog.pg_language l on l.oid = p.prolang and not l.lanpltrusted
  union all
  select format('function %1$s is leakproof, and so may see rows before row-level security has taken them away: alter function %1$s not leakproof', p.oid::regprocedure)
  from own_functions p
  where p.proleakproof
  union all
  select format('%s is of a kind that tenants cannot have', pg_describe_object(classid, objid, 0))
  from (
    select 'pg_catalog.pg_operator'::regclass as classid, oid as objid, oprnamespace as namespace from pg_catalog.pg_operator
    union all
    select 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace from pg_catalog.pg_opclass
    union all
    select 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace from pg_catalog.pg_opfamily
    union all
    select 'pg_catalog.pg_collation'::regclass, oid, collnamespace from pg_catalog.pg_collation
    union all
    select 'pg_catalog.pg_conversion'::regclass, oid, connamespace from pg_catalog.pg_conversion
    union all
    select 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace from pg_catalog.pg_ts_config
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace from pg_catalog.pg_ts_dict
  ) as other
  join home on other.namespace = home.oid
  order by 1`

/** What stands between a schema and being a home, besides the gate's own findings and the rights of others. */
export async function findingsOn(session: Session, home: HomePlace): Promise<readonly string[]> {
  const outside = await outsideOf(session, home)
  return [
    ...(await say(session, foreign(home.schema))),
    ...outside.map((what) => `${what} is outside of the schema and needs something in it`),
    ...(await say(session, beyond(home.schema))),
    ...(home.isolation === 'database' ? await say(session, besides(home.schema)) : []),
    ...(await schemasOpenToPublic(session, home.schema)).map(
      ({ name, rights, remedy }) =>
        `PUBLIC has ${rights} on schema ${name}, so that tenants have it as well, with all that runs with its owner's rights there: ${remedy}`,
    ),
  ]
}

/** Other schemas that everybody may use, tenants among them, with the statements that end it. None of Tenantry's is among them. */
export const schemasOpenToPublic = (session: Session, except: string | null): Promise<readonly OpenSchema[]> =>
  session.rows(sql<OpenSchema>`
    select n.nspname::text as name, string_agg(a.privilege_type, ', ' order by a.privilege_type desc) as rights,
           format('revoke all on schema %1$I from public; grant usage on schema %1$I to …', n.nspname) as remedy
    from pg_catalog.pg_namespace n
    cross join lateral pg_catalog.aclexplode(n.nspacl) a
    where a.grantee = 0
      and n.nspname !~ '^pg_'
      and n.nspname not in ('information_schema', 'tenantry', 'tenantry_pooler', 'platform', 'ext')
      and n.nspname is distinct from ${except}
    group by n.nspname
    order by 1`)

interface OpenSchema {
  readonly name: string
  readonly rights: string
  readonly remedy: string
}

// What purging a tenant destroys is all its own.
const besides = (schema: string): Sql<Found> => sql<Found>`
  select format('schema %s is in the database as well (with %s and more): a tenant of isolation database has a database to itself', n.nspname, min(c.relname)) as finding
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_class c on c.relnamespace = n.oid
  where n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'tenantry', 'tenantry_pooler', 'platform', 'ext', ${schema})
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  group by n.nspname
  order by 1`
