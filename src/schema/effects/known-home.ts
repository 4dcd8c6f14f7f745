import { functionsIn, relationsIn } from '../../isolation/in-schema.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import type { Volatility } from '../keeps-rows.js'
import { newStory, type Story } from './notes.js'

interface Column {
  readonly column: string
  readonly type: string
  readonly required: boolean
}

const columnsOf = (schema: string): Sql<Column> => sql<Column>`
  select c.relname || '.' || a.attname as column, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.oid in ${relationsIn(schema)} and c.relkind in ('r', 'p')`

interface Constraint {
  readonly constraint: string
  readonly target: string | null
  readonly column: string | null
  readonly valid: boolean
}

const constraintsOf = (schema: string): Sql<Constraint> => sql<Constraint>`
  select t.relname || '.' || o.conname as constraint,
         case when o.contype = 'f' then f.relname end as target,
         case when o.contype = 'n' or pg_catalog.pg_get_constraintdef(o.oid) ~ '^CHECK \\(\\([^() ]+ IS NOT NULL\\)\\)' then a.attname end as column,
         o.convalidated as valid
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_class t on t.oid = o.conrelid
  left join pg_catalog.pg_class f on f.oid = o.confrelid
  left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = o.conkey[1]
  where t.oid in ${relationsIn(schema)}`

// One row for every way from a name that a statement may say to a table that is then locked as well.
const relativesOf = (schema: string): Sql<{ key: string; tables: readonly string[] }> => sql<{ key: string; tables: readonly string[] }>`
  with recursive member as (select c.oid, c.relname::text as name, c.relkind from pg_catalog.pg_class c where c.oid in ${relationsIn(schema)}),
  tree as (
    select i.inhparent as top, i.inhrelid as below from pg_catalog.pg_inherits i where i.inhparent in (select oid from member)
    union
    select t.top, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.below
  ),
  found as (
    select 'index:' || i.relname as key, m.name
    from member m join pg_catalog.pg_index x on x.indrelid = m.oid join pg_catalog.pg_class i on i.oid = x.indexrelid
    union
    select 'children:' || p.name, m.name from tree t join member p on p.oid = t.top join member m on m.oid = t.below
    union
    select 'leaves:' || p.name, m.name
    from tree t join member p on p.oid = t.top join member m on m.oid = t.below where p.relkind = 'p' and m.relkind = 'r'
    union
    select 'default partition:' || m.name, d.name
    from pg_catalog.pg_partitioned_table x join member m on m.oid = x.partrelid join member d on d.oid = x.partdefid
    union
    select 'parents:' || m.name, p.name from tree t join member p on p.oid = t.top join member m on m.oid = t.below where p.relkind = 'p'
    union
    select 'foreign keys:' || m.name, f.name
    from pg_catalog.pg_constraint o join member m on m.oid = o.conrelid join member f on f.oid = o.confrelid
    union
    select 'referring:' || f.name, m.name
    from pg_catalog.pg_constraint o join member m on m.oid = o.conrelid join member f on f.oid = o.confrelid
    union
    select 'column keys:' || m.name || '.' || a.attname, f.name
    from pg_catalog.pg_constraint o
    join member m on m.oid = o.conrelid
    join member f on f.oid = o.confrelid
    join pg_catalog.pg_attribute a on a.attrelid = o.conrelid and a.attnum = any (o.conkey)
    union
    select 'definition:' || v.name, m.name
    from member v
    join pg_catalog.pg_rewrite r on r.ev_class = v.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
    join member m on m.oid = d.refobjid and d.refclassid = 'pg_catalog.pg_class'::regclass
    where m.oid <> v.oid
    union
    select 'domain:' || y.typname, m.name
    from member m
    join pg_catalog.pg_attribute a on a.attrelid = m.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type y on y.oid = a.atttypid and y.typtype = 'd'
    where m.relkind in ('r', 'm')
    union
    select 'statistics:' || s.stxname, m.name from pg_catalog.pg_statistic_ext s join member m on m.oid = s.stxrelid
  )
  select key, array_agg(distinct name order by name) as tables from found where name is not null group by key`

const strictDomainsOf = (schema: string): Sql<{ name: string }> => sql<{ name: string }>`
  select y.typname::text as name
  from pg_catalog.pg_type y
  where y.typnamespace = to_regnamespace(quote_ident(${schema})) and y.typtype = 'd'
    and (y.typnotnull or exists (select from pg_catalog.pg_constraint o where o.contypid = y.oid))`

// Of several by one name, the one that promises least: which of them a call means depends on its arguments.
const functionsOf = (schema: string): Sql<{ name: string; volatility: Volatility }> => sql<{ name: string; volatility: Volatility }>`
  select p.proname::text as name, case max(array_position('{i,s,v}'::"char"[], p.provolatile)) when 1 then 'immutable' when 2 then 'stable' else 'volatile' end as volatility
  from pg_catalog.pg_proc p
  where p.oid in ${functionsIn(schema)}
  group by p.proname`

/** What a home as it is tells: with it, `effectsOf` knows the tables behind indexes and foreign keys, and which types share their bytes. */
export async function storyOfHome(session: Session, schema: string): Promise<Story> {
  const relatives = new Map((await session.rows(relativesOf(schema))).map(({ key, tables }) => [key, tables]))
  const story = newStory(relatives)
  for (const [key, tables] of relatives) if (key.startsWith('index:')) story.tableOfIndex.set(key.slice('index:'.length), tables[0]!)
  for (const { column, type, required } of await session.rows(columnsOf(schema))) {
    story.types.set(column, type)
    if (required) story.nullFree.add(column)
  }
  for (const { constraint, target, column, valid } of await session.rows(constraintsOf(schema))) {
    if (valid) story.valid.add(constraint)
    if (target !== null) story.foreignKeys.set(constraint, target)
    if (column === null) continue
    story.nullChecks.set(constraint, column)
    if (valid) story.nullFree.add(`${constraint.slice(0, constraint.indexOf('.'))}.${column}`)
  }
  for (const { name } of await session.rows(strictDomainsOf(schema))) story.strictDomains.add(name)
  for (const { name, volatility } of await session.rows(functionsOf(schema))) story.functions.set(name, volatility)
  return story
}
