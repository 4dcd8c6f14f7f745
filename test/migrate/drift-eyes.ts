import { sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'

/** What is in a schema, asked of pg_catalog in words of its own: shares nothing with the code that finds drift. */
export async function seenIn(witness: Database, schema: string, role: string): Promise<readonly string[]> {
  const rows = await witness.rows(sql<{ line: string }>`
    with s as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname = ${schema}),
    c as (select c.* from pg_class c join s on c.relnamespace = s.oid)
    select format('schema %s %s', s.nspowner::regrole, (select string_agg(a::text, ' ' order by a::text) from unnest(s.nspacl) a)) as line from s
    union all
    select format('relation %s %s %s %s %s %s %s %s %s %s', relname, relkind, relowner::regrole, relpersistence, relrowsecurity, relforcerowsecurity,
      relreplident, (select string_agg(o, ' ' order by o) from unnest(reloptions) o),
      (select string_agg(a::text, ' ' order by a::text) from unnest(relacl) a), pg_get_expr(relpartbound, oid)) from c
    union all
    select format('column %s.%s %s %s %s %s %s %s %s %s %s', c.relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
      attcollation::regcollation, attstorage, coalesce(attstattarget, -1), pg_get_expr(adbin, adrelid),
      (select string_agg(x::text, ' ' order by x::text) from unnest(attacl) x))
    from c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped left join pg_attrdef d on adrelid = c.oid and adnum = attnum
    union all
    select format('constraint %s %s %s', conname, pg_get_constraintdef(k.oid), convalidated) from pg_constraint k join s on connamespace = s.oid
    union all
    select format('index %s %s %s', pg_get_indexdef(indexrelid), indisvalid, indisclustered) from pg_index join c on c.oid = indexrelid
    union all
    select format('trigger %s %s', case when tgisinternal then 'internal' else pg_get_triggerdef(t.oid) end, tgenabled)
    from pg_trigger t join c on c.oid = tgrelid
    union all
    select format('function %s %s %s %s %s', p.oid::regprocedure, proowner::regrole, pg_get_functiondef(p.oid), prosecdef, (
      select string_agg(x::text, ' ' order by x::text) from unnest(proacl) x)) from pg_proc p join s on pronamespace = s.oid
    union all
    select format('label %s %s', t.typname, string_agg(enumlabel, ',' order by enumsortorder))
    from pg_enum e join pg_type t on t.oid = enumtypid join s on typnamespace = s.oid group by t.typname
    union all
    select format('policy %s %s %s %s', polname, c.relname, polpermissive, pg_get_expr(polqual, polrelid)) from pg_policy join c on c.oid = polrelid
    union all
    select format('view %s', pg_get_viewdef(oid)) from c where relkind in ('v', 'm')
    union all
    select format('statistics %s', pg_get_statisticsobjdef(e.oid)) from pg_statistic_ext e join s on stxnamespace = s.oid
    union all
    select format('comment %s %s %s', c.relname, objsubid, description) from pg_description join c on c.oid = objoid and classoid = 'pg_class'::regclass
    union all
    select format('sequence %s %s %s %s %s', c.relname, seqincrement, seqmax, seqcycle, seqcache) from pg_sequence join c on c.oid = seqrelid`)
  return rows.map(({ line }) => line.replaceAll(schema, 'HOME').replaceAll(role, 'ROLE')).sort()
}
