import { literal, sql } from '../kernel/sql.js'

// The text of statements that run in the scope like any other, so they show what the tenant may see.

/** Tables (and views) of the home. Statistics are of whole tables: where they are shared, of all tenants. */
export const relations = (kinds: 'tables' | 'all'): string =>
  sql`
  select c.relname as name,
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
         case when c.relkind in ('r', 'p', 'm') and c.reltuples >= 0 then c.reltuples::bigint end as estimated_rows
  from pg_catalog.pg_class c
  where c.relnamespace = pg_catalog.quote_ident(pg_catalog.current_schema())::pg_catalog.regnamespace
    and (c.relkind in ('r', 'p') or (c.relkind in ('v', 'm') and ${literal(kinds)} = 'all'))
    and not c.relispartition
  order by 1`.text

/** What `\d table` shows, part by part; a part without rows is left out. */
export function tableParts(name: string): readonly { readonly title: string; readonly statement: string }[] {
  const table = sql`pg_catalog.to_regclass(${literal(name)})`
  const columns = sql`
    select a.attname as "column",
           pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
           case when a.attnotnull then 'not null' else '' end as "null",
           case
             when a.attidentity <> '' then 'generated as identity'
             when a.attgenerated <> '' then 'generated: ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
             else coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
           end as "default"
    from pg_catalog.pg_attribute a
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ${table} and a.attnum > 0 and not a.attisdropped
    order by a.attnum`
  const indexes = sql`
    select i.indexrelid::pg_catalog.regclass::text as index,
           case when i.indisprimary then 'primary key' when i.indisunique then 'unique' else '' end as kind,
           pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^.* USING ', '') as definition
    from pg_catalog.pg_index i
    where i.indrelid = ${table}
    order by i.indisprimary desc, 1`
  const keys = sql`
    select c.conname as name, pg_catalog.pg_get_constraintdef(c.oid) as definition
    from pg_catalog.pg_constraint c
    where c.conrelid = ${table} and c.contype = 'f' and c.conparentid = 0
    order by 1`
  const referenced = sql`
    select c.conrelid::pg_catalog.regclass::text as "table", pg_catalog.pg_get_constraintdef(c.oid) as definition
    from pg_catalog.pg_constraint c
    where c.confrelid = ${table} and c.contype = 'f' and c.conparentid = 0
    order by 1, 2`
  return [
    { title: 'Columns', statement: columns.text },
    { title: 'Indexes', statement: indexes.text },
    { title: 'Foreign keys', statement: keys.text },
    { title: 'Referenced by', statement: referenced.text },
  ]
}
