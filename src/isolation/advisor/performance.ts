import { REFUSED_EXTENSIONS } from '../../kernel/extensions.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { DatabaseSubject } from '../doctor/subject.js'
import { EXTENSION_SCHEMA } from '../names.js'
import { migratedSchemas, type Statement, type Told } from './lint.js'

/** Homes are of one shape: what is true of all is told once, of the first. The rows have schema, name, reason and fix. */
const oncePerShape = (rows: Sql): Sql<Told> => sql<Told>`
  with found as (${rows})
  select format('%s.%s', min(quote_ident(schema)), quote_ident(name)) as object,
         reason || case when count(*) > 1 then format(', and so in %s more homes: write a migration', count(*) - 1) else '' end as reason,
         (array_agg(fix order by quote_ident(schema)))[1] as fix
  from found
  group by name, reason
  order by 1, 2`

const tablesOf = (subject: DatabaseSubject): Sql => sql`
  select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind, c.relispartition, c.oid::regclass::text as called
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'm')
  where n.nspname = any (${migratedSchemas(subject)}::text[])`

export const unindexedForeignKeys: Statement<DatabaseSubject> = (subject) =>
  oncePerShape(sql`
    select t.schema, t.name, format('foreign key %I has no index on (%s)', k.conname, l.columns) as reason,
           format('create index on %s (%s)', t.called, l.columns) as fix
    from (${tablesOf(subject)}) t
    join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0
    cross join lateral (
      select string_agg(quote_ident(a.attname), ', ' order by u.n) as columns
      from unnest(k.conkey) with ordinality as u (attnum, n)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum
    ) l
    where not exists (
      select from pg_catalog.pg_index i
      where i.indrelid = k.conrelid
        and i.indpred is null
        and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.conkey)] @> k.conkey
    )`)

// The gate sees to this wherever there is a tenant column.
export const keylessTables: Statement<DatabaseSubject> = (subject) =>
  oncePerShape(sql`
    select t.schema, t.name, 'it has no primary key' as reason,
           format(case when i.attname is null then 'alter table %s add column id bigint generated always as identity primary key'
             else 'alter table %s add primary key (%I)' end, t.called, i.attname) as fix
    from (${tablesOf(subject)}) t
    left join lateral (select a.attname from pg_catalog.pg_attribute a where a.attrelid = t.oid and a.attidentity <> '' limit 1) i on true
    where t.relkind in ('r', 'p')
      and not t.relispartition
      and not exists (select from pg_catalog.pg_constraint k where k.conrelid = t.oid and k.contype = 'p')
      and not exists (
        select from pg_catalog.pg_attribute a where a.attrelid = t.oid and a.attname = ${subject.tenantColumn}::text and not a.attisdropped)`)

export const duplicateIndexes: Statement<DatabaseSubject> = (subject) =>
  oncePerShape(sql`
    select schema, name, format('index %I is the same as %I', index, first) as reason,
           case when conname is null then format('drop index %s', indexrelid::regclass) else format('alter table %s drop constraint %I', called, conname) end as fix
    from (
      select t.schema, t.name, t.called, i.indexrelid, k.conname, c.relname as index, first_value(c.relname) over same as first, row_number() over same as place
      from (${tablesOf(subject)}) t
      join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisvalid
      join pg_catalog.pg_class c on c.oid = i.indexrelid and not c.relispartition
      left join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
      window same as (
        partition by t.oid, c.relam, i.indkey::text, i.indnkeyatts, i.indclass::text, i.indcollation::text, i.indoption::text,
                     coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), '')
        order by i.indisprimary desc, (k.oid is not null) desc, i.indisunique desc, c.relname
      )
    ) as ranked
    where place > 1`)

export const invalidIndexes: Statement<DatabaseSubject> = (subject) =>
  oncePerShape(sql`
    select t.schema, t.name, format('index %I is invalid: it costs every write and serves no query', c.relname) as reason,
           format('reindex index %s', i.indexrelid::regclass) as fix
    from (${tablesOf(subject)}) t
    join pg_catalog.pg_index i on i.indrelid = t.oid and not i.indisvalid
    join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
    where not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)`)

// What pg_upgrade refuses.
const REG_TYPES = ['regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc', 'regprocedure']

export const regTypes: Statement<DatabaseSubject> = (subject) =>
  oncePerShape(sql`
    select t.schema, t.name, format('pg_upgrade refuses column %I of type %s', a.attname, format_type(a.atttypid, null)) as reason,
           format('alter table %s alter column %I type text using %2$I::text', t.called, a.attname) as fix
    from (${tablesOf(subject)}) t
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and not a.attisdropped and t.relkind <> 'm'
    join pg_catalog.pg_type y on y.oid = a.atttypid and y.typnamespace = 'pg_catalog'::regnamespace
    where y.typname = any (${REG_TYPES}::text[])`)

export const extensionPlaces: Statement<DatabaseSubject> = ({ homes, adopted }) => sql<Told>`
  select quote_ident(e.extname) as object, format('this extension is in schema %I and not in ext', n.nspname) as reason,
         format(case when e.extrelocatable then 'alter extension %1$I set schema ext' else 'drop extension %1$I; create extension %1$I schema ext' end, e.extname) as fix
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where (n.nspname = any (${homes.map((home) => home.schema)}::text[]) or (n.nspname = 'public' and not ${adopted}::boolean))
    and e.extname !~ ${REFUSED_EXTENSIONS.source}
  order by 1`

export const outdatedExtensions: Statement<DatabaseSubject> = ({ adopted }) => sql<Told>`
  select quote_ident(e.extname) as object, format('this extension is at version %s, and the server has %s', e.extversion, a.default_version) as reason,
         format('alter extension %I update', e.extname) as fix
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  join pg_catalog.pg_available_extensions() as a (name, default_version, comment) on a.name = e.extname and a.default_version <> e.extversion
  where n.nspname = ${EXTENSION_SCHEMA} or not ${adopted}::boolean
  order by 1`
