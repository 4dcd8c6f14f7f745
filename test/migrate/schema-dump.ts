import { ident, sql } from '../../src/kernel/sql.js'
import type { Session } from '../../src/postgres/session.js'

/** All that a schema holds, a line for each thing, by SQL that shares nothing with the product's fingerprint. The order of columns is left out. */
const lines = (schema: string) => sql<{ line: string }>`
  with home as (select oid from pg_catalog.pg_namespace where nspname = ${schema}),
  relations as (select c.* from pg_catalog.pg_class c join home on home.oid = c.relnamespace),
  types as (select t.* from pg_catalog.pg_type t join home on home.oid = t.typnamespace where t.typtype in ('e', 'd', 'r', 'm')),
  functions as (select p.* from pg_catalog.pg_proc p join home on home.oid = p.pronamespace),
  found (line) as (
    select concat_ws(' ', 'relation', c.relkind, c.relname, pg_get_userbyid(c.relowner), c.relpersistence, c.relreplident, c.reloptions::text,
                     c.relrowsecurity, c.relforcerowsecurity,
                     -- Who reads a materialised view follows from the isolation.
                     case when c.relkind <> 'm' then (select string_agg(distinct a.privilege_type, ',') from aclexplode(c.relacl) a where a.grantee <> c.relowner) end,
                     pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
                     case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)
    from relations c
    union all
    select concat_ws(' ', 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attstorage,
                     a.attcollation::regcollation, nullif(a.attstattarget, -1), a.attoptions::text, pg_get_expr(d.adbin, d.adrelid))
    from relations c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind not in ('i', 'I', 'S')
    union all
    select concat_ws(' ', 'sequence', c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
    from relations c join pg_catalog.pg_sequence s on s.seqrelid = c.oid
    union all
    -- Those of NOT NULL are attributes of columns before 18.
    select concat_ws(' ', 'constraint', k.conname, nullif(k.conrelid, 0)::regclass, nullif(k.contypid, 0)::regtype, pg_get_constraintdef(k.oid), k.convalidated)
    from pg_catalog.pg_constraint k join home on home.oid = k.connamespace where k.contype <> 'n'
    union all
    select concat_ws(' ', 'index', pg_get_indexdef(c.oid), i.indisvalid, i.indisclustered, i.indisreplident, h.inhparent::regclass)
    from relations c
    join pg_catalog.pg_index i on i.indexrelid = c.oid
    left join pg_catalog.pg_inherits h on h.inhrelid = c.oid
    union all
    select concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled)
    from relations c join pg_catalog.pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal
    union all
    select concat_ws(' ', 'policy', c.relname, p.polname, p.polpermissive, p.polcmd, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid))
    from relations c join pg_catalog.pg_policy p on p.polrelid = c.oid
    union all
    select concat_ws(' ', 'function', p.oid::regprocedure, p.prokind, pg_get_userbyid(p.proowner), case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end)
    from functions p
    union all
    select concat_ws(' ', 'type', t.typtype, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                     array(select e.enumlabel from pg_catalog.pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)::text)
    from types t
    union all
    select concat_ws(' ', 'statistics', pg_get_statisticsobjdef(s.oid), nullif(s.stxstattarget, -1))
    from pg_catalog.pg_statistic_ext s join home on home.oid = s.stxnamespace
    union all
    select concat_ws(' ', 'comment', o.name, d.objsubid, d.description)
    from (
      select oid, 'pg_class'::regclass as kind, relname::text as name from relations
      union all select oid, 'pg_proc'::regclass, oid::regprocedure::text from functions
      union all select oid, 'pg_type'::regclass, typname::text from types
      union all select k.oid, 'pg_constraint'::regclass, k.conname::text from pg_catalog.pg_constraint k join home on home.oid = k.connamespace
    ) o
    join pg_catalog.pg_description d on d.objoid = o.oid and d.classoid = o.kind and d.objsubid = 0
    union all
    select concat_ws(' ', 'comment', c.relname, a.attname, d.description)
    from relations c
    join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid > 0
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
  )
  select replace(line, ${`${schema}.`}, '') as line from found order by 1`

export async function dumpSchema(session: Session, schema: string): Promise<readonly string[]> {
  await session.run(sql`select set_config('search_path', ${ident(schema).text} || ', ext', true)`)
  return (await session.rows(lines(schema))).map(({ line }) => line)
}
