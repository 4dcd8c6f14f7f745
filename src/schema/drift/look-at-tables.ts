import { type Sql, sql } from '../../kernel/sql.js'
import { definition, neutral, roleOf } from './neutral.js'

// Nothing tells the planner how many rows these have, and for few it would read them all for each row of the other side: 5 s for 50 homes of 12 tables. A
// full join can only be hashed or merged; the condition after it is one that the planner does not see through, or it would make a left join of it.
const worded = (what: string): Sql => sql`full join (select id, words from expressions where what = ${what})`
const there = (oid: Sql): Sql => sql`coalesce(${oid}, 0::oid) <> 0::oid`

/**
 * Expressions of defaults, checks and policies. To put one into words takes longer than all the rest, since the server reads the whole table for it: it is
 * done once for all that have the same tree over columns of the same names.
 */
const expressions: Sql = sql`
  trees as materialized (
    select 'default' as what, d.oid as id, r.oid as rel, r.name, d.adbin::text as tree
    from rels r join pg_catalog.pg_attrdef d on d.adrelid = r.oid
    union all
    select 'check', k.oid, r.oid, r.name, k.conbin::text
    from rels r join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype = 'c'
    union all
    select 'using', p.oid, r.oid, r.name, p.polqual::text from rels r join pg_catalog.pg_policy p on p.polrelid = r.oid and p.polqual is not null
    union all
    select 'with check', p.oid, r.oid, r.name, p.polwithcheck::text
    from rels r join pg_catalog.pg_policy p on p.polrelid = r.oid and p.polwithcheck is not null
  ), columns_of as materialized (
    select t.rel, md5(string_agg(a.attnum || ' ' || a.attname, ',' order by a.attnum)) as signature
    from (select distinct rel from trees where strpos(tree, '{VAR ') > 0) t
    join pg_catalog.pg_attribute a on a.attrelid = t.rel and a.attnum > 0
    group by t.rel
  ), keyed as materialized (
    select t.what, t.id, t.rel, md5(t.tree) as tree, case when c.rel is null then '' else t.name || ' ' || c.signature end as over
    from trees t
    left join columns_of c on c.rel = t.rel and strpos(t.tree, '{VAR ') > 0
  ), said as materialized (
    select one.tree, one.over,
           case one.what
             when 'default' then (select pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d where d.oid = one.id)
             when 'check' then (select pg_get_expr(k.conbin, k.conrelid) from pg_catalog.pg_constraint k where k.oid = one.id)
             when 'using' then (select pg_get_expr(p.polqual, p.polrelid) from pg_catalog.pg_policy p where p.oid = one.id)
             else (select pg_get_expr(p.polwithcheck, p.polrelid) from pg_catalog.pg_policy p where p.oid = one.id)
           end as words
    from (select distinct on (tree, over) tree, over, what, id from keyed) one
  ), expressions as materialized (
    select k.what, k.id, s.words from keyed k join said s using (tree, over)
  )`

const relations: Sql = sql`
  select r.home, 'table', r.name, '', ${definition(sql`jsonb_build_object(
    'kind', case r.kind when 'r' then 'table' when 'p' then 'partitioned table' when 'f' then 'foreign table' end,
    'persistence', case r.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
    'method', (select am.amname from pg_catalog.pg_am am where am.oid = r.relam and am.amname <> 'heap'),
    'options', (select jsonb_agg(o order by o) from unnest(r.reloptions || (
       select array_agg('toast.' || o) from pg_catalog.pg_class t, unnest(t.reloptions) as o where t.oid = r.reltoastrelid)) as o),
    'partition by', case when r.kind = 'p' then ${neutral(sql`pg_get_partkeydef(r.oid)`)} end,
    'partition of', case when r.relispartition then
       (select ${neutral(sql`i.inhparent::regclass::text`)} from pg_catalog.pg_inherits i where i.inhrelid = r.oid) end,
    'bound', case when r.relispartition then ${neutral(sql`pg_get_expr(r.relpartbound, r.oid)`)} end,
    'inherits', case when not r.relispartition then (select jsonb_agg(${neutral(sql`i.inhparent::regclass::text`)} order by i.inhseqno)
       from pg_catalog.pg_inherits i where i.inhrelid = r.oid) end,
    'replica identity', case r.relreplident when 'f' then 'full' when 'n' then 'nothing' when 'i' then (
       select 'index ' || x.indexrelid::regclass::text from pg_catalog.pg_index x where x.indrelid = r.oid and x.indisreplident) end,
    'of', case when r.reloftype <> 0 then ${neutral(sql`format_type(r.reloftype, null)`)} end)`)}
  from rels r
  join homes h on h.oid = r.home
  where r.kind in ('r', 'p', 'f')`

// A column of a composite type is one like that of a table. NOT NULL is read here, whether or not the version also has a constraint for it. From 17 on
// a partition has the identity of its parent, and before it has none. No `exists` there: the server would read the constraints of all homes to hash them.
const columns: Sql = sql`
  select r.home, 'column', r.name, a.attname::text, ${definition(sql`jsonb_build_object(
    'type', ${neutral(sql`format_type(a.atttypid, a.atttypmod)`)},
    'not null', case when a.attnotnull then true end,
    'not validated', case when a.attnotnull then (
       select true from pg_catalog.pg_constraint k
       where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum] and not k.convalidated limit 1) end,
    'default', case when a.attgenerated = '' then ${neutral(sql`e.words`)} end,
    'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
    'as', case when a.attgenerated <> '' then ${neutral(sql`e.words`)} end,
    'identity', case when r.partition then null else case a.attidentity when 'a' then 'always' when 'd' then 'by default' end end,
    'collation', case when a.attcollation <> t.typcollation then ${neutral(sql`a.attcollation::regcollation::text`)} end,
    'storage', case when a.attstorage <> t.typstorage then
       case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
    'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
    'statistics', case when coalesce(a.attstattarget, -1) <> -1 then a.attstattarget end,
    'options', to_jsonb(a.attoptions),
    'composite', case when r.kind = 'c' then true end)`)}
  from (
    select home, oid, name, kind, relispartition as partition from rels where kind in ('r', 'p', 'f')
    union all
    select home, typrelid, name, 'c', false from types where kind = 'c'
  ) r
  join homes h on h.oid = r.home
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  ${worded('default')} e on e.id = d.oid
  where ${there(sql`a.attrelid`)}`

// What a partition has from its parent follows from the parent. Those of kind n are told with their columns, those of kind t are triggers.
const constraints: Sql = sql`
  select r.home, 'constraint', r.name, k.conname::text, ${definition(sql`jsonb_build_object(
    'kind', k.contype,
    'def', case when k.contype = 'c'
      then 'CHECK (' || ${neutral(sql`e.words`)} || ')' || case when k.connoinherit then ' NO INHERIT' else '' end
           || case when not coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) then ' NOT ENFORCED' when not k.convalidated then ' NOT VALID' else '' end
      else ${neutral(sql`pg_get_constraintdef(k.oid)`)} end,
    'inherited', case when not k.conislocal then true end)`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype in ('c', 'f', 'p', 'u', 'x') and k.conparentid = 0
  ${worded('check')} e on e.id = k.oid
  where ${there(sql`k.oid`)}`

// Of an index behind a constraint, what the constraint does not say.
const indexes: Sql = sql`
  select r.home, 'index', r.name, c.relname::text, ${definition(sql`jsonb_build_object(
    'def', case when k.oid is null then ${neutral(sql`regexp_replace(pg_get_indexdef(x.indexrelid), '^.*? USING ', '')`)} end,
    'unique', case when x.indisunique and k.oid is null then true end,
    'constraint', case when k.oid is not null then true end,
    'invalid', case when not (x.indisvalid and x.indisready and x.indislive) then true end,
    'clustered', case when x.indisclustered then true end,
    'options', case when k.oid is not null then to_jsonb(c.reloptions) end,
    'statistics', (select jsonb_object_agg(a.attnum, a.attstattarget) from pg_catalog.pg_attribute a
       where a.attrelid = c.oid and coalesce(a.attstattarget, -1) <> -1))`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_index x on x.indrelid = r.oid
  join pg_catalog.pg_class c on c.oid = x.indexrelid and not c.relispartition
  left join pg_catalog.pg_constraint k on k.conindid = x.indexrelid and k.conrelid = r.oid and k.contype in ('p', 'u', 'x')
  where r.kind in ('r', 'p', 'm')`

const policies: Sql = sql`
  select r.home, 'policy', r.name, p.polname::text, ${definition(sql`jsonb_build_object(
    'kind', case when p.polpermissive then 'permissive' else 'restrictive' end,
    'for', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    'to', (select jsonb_agg(n.role order by n.role) from (select ${roleOf(sql`o.oid`)} as role from unnest(p.polroles) as o (oid)) n),
    'using', ${neutral(sql`u.words`)},
    'with check', ${neutral(sql`w.words`)})`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_policy p on p.polrelid = r.oid
  ${worded('using')} u on u.id = p.oid
  ${worded('with check')} w on w.id = p.oid
  where ${there(sql`p.oid`)}`

const statistics: Sql = sql`
  select r.home, 'statistics', r.name, s.stxname::text, ${definition(sql`jsonb_build_object(
    'def', ${neutral(sql`pg_get_statisticsobjdef(s.oid)`)},
    'target', case when coalesce(s.stxstattarget, -1) <> -1 then s.stxstattarget end)`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_statistic_ext s on s.stxrelid = r.oid`

// As texts, since most of their numbers are too large for JSON's.
const sequences: Sql = sql`
  select r.home, 'sequence', coalesce(o.table, r.name), case when o.table is null then '' else r.name end, ${definition(sql`jsonb_build_object(
    'type', format_type(s.seqtypid, null), 'start', s.seqstart::text, 'increment', s.seqincrement::text, 'minimum', s.seqmin::text,
    'maximum', s.seqmax::text, 'cache', s.seqcache::text,
    'cycle', case when s.seqcycle then true end,
    'column', o.column,
    'identity', o.identity,
    'persistence', case when o.table is null and r.relpersistence = 'u' then 'unlogged' end)`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_sequence s on s.seqrelid = r.oid
  left join lateral (
    select c.relname::text as table, a.attname::text as column, case when d.deptype = 'i' then true end as identity
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class c on c.oid = d.refobjid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
      and d.refobjsubid > 0
    limit 1
  ) o on true
  where r.kind = 'S'`

export const tableFacts = { ctes: expressions, facts: [relations, columns, constraints, indexes, policies, statistics, sequences] }
