import { type Sql, sql } from '../kernel/sql.js'
import type { Database, Session } from '../postgres/session.js'
import type { HomePlace } from './model.js'

// `drop … restrict` would say nothing here: it fails at the first of the home's own views and foreign keys, and those are to go.
const dependents = (schema: string): Sql<{ what: string }> => sql<{ what: string }>`
  with home as (select to_regnamespace(quote_ident(${schema}))::oid as oid),
  own (classid, objid) as (
    select 'pg_catalog.pg_class'::regclass, c.oid from pg_catalog.pg_class c join home on c.relnamespace = home.oid
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid from pg_catalog.pg_proc p join home on p.pronamespace = home.oid
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid from pg_catalog.pg_type t join home on t.typnamespace = home.oid
  ),
  dependent (classid, objid, subid) as (
    select distinct d.classid, d.objid, d.objsubid
    from pg_catalog.pg_depend d
    join own on own.classid = d.refclassid and own.objid = d.refobjid
    where d.deptype in ('n', 'a')
  ),
  placed as (
    select d.*, case d.classid
      when 'pg_catalog.pg_rewrite'::regclass then (
        select c.relnamespace from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class where r.oid = d.objid)
      when 'pg_catalog.pg_constraint'::regclass then (
        select connamespace from pg_catalog.pg_constraint where oid = d.objid)
      when 'pg_catalog.pg_trigger'::regclass then (
        select c.relnamespace from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid where t.oid = d.objid)
      when 'pg_catalog.pg_attrdef'::regclass then (
        select c.relnamespace from pg_catalog.pg_attrdef a join pg_catalog.pg_class c on c.oid = a.adrelid where a.oid = d.objid)
      when 'pg_catalog.pg_policy'::regclass then (
        select c.relnamespace from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid where p.oid = d.objid)
      when 'pg_catalog.pg_class'::regclass then (select relnamespace from pg_catalog.pg_class where oid = d.objid)
      when 'pg_catalog.pg_proc'::regclass then (select pronamespace from pg_catalog.pg_proc where oid = d.objid)
      when 'pg_catalog.pg_type'::regclass then (select typnamespace from pg_catalog.pg_type where oid = d.objid)
      when 'pg_catalog.pg_statistic_ext'::regclass then (select stxnamespace from pg_catalog.pg_statistic_ext where oid = d.objid)
    end as namespace
    from dependent d
  )
  select pg_describe_object(p.classid, p.objid, p.subid) as what
  from placed p, home
  where p.namespace is distinct from home.oid
    -- Row types, toast tables and internal types live with what they belong to.
    and coalesce(p.namespace::regnamespace::text, '') <> 'pg_toast'
  order by 1
  limit 10`

/** What outside of a home depends on what is in it, in words (ten at most): views, foreign keys, functions, publications of others. */
export const outsideOf = async (session: Session, home: Pick<HomePlace, 'schema'>): Promise<readonly string[]> =>
  (await session.rows(dependents(home.schema))).map(({ what }) => what)

/** What would keep a database from being dropped, or would miss it: slots, subscriptions, prepared transactions. */
export const usesOfDatabase = async (server: Database, name: string): Promise<readonly string[]> =>
  (
    await server.rows(sql<{ what: string }>`
      select format('replication slot %s', slot_name) as what from pg_catalog.pg_replication_slots where database = ${name}
      union all
      select format('subscription %s', s.subname)
      from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid where d.datname = ${name}
      union all
      select format('prepared transaction %s', gid) from pg_catalog.pg_prepared_xacts where database = ${name}
      order by 1`)
  ).map(({ what }) => what)
