import { type Sql, sql } from '../../kernel/sql.js'
import { definition, neutral } from './neutral.js'

const views: Sql = sql`
  select r.home, 'view', r.name, '', ${definition(sql`jsonb_build_object(
    'kind', case r.kind when 'v' then 'view' else 'materialized view' end,
    'options', (select jsonb_agg(o order by o) from unnest(r.reloptions) as o),
    'query', ${neutral(sql`pg_get_viewdef(r.oid)`)})`)}
  from rels r
  join homes h on h.oid = r.home
  where r.kind in ('v', 'm')`

// `set search_path from current` keeps the name of the home as it is called by itself.
const functions: Sql = sql`
  select f.home, 'function', ${neutral(sql`f.signature`)}, '', ${definition(sql`jsonb_build_object(
    'kind', case f.kind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
    'def', case when f.kind = 'a' then (
        select concat_ws(' ', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggkind, format_type(a.aggtranstype, null), a.agginitval)
        from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid)
      when f.proconfig is null then ${neutral(sql`pg_get_functiondef(f.oid)`)}
      else regexp_replace(${neutral(sql`pg_get_functiondef(f.oid)`)}, '(SET search_path TO [^\\n]*?)''' || h.name || '''', '\\1''$schema''')
      end)`)}
  from functions f
  join homes h on h.oid = f.home`

// A trigger of a partition is its parent's; it can be turned off by itself.
const triggers: Sql = sql`
  select r.home, 'trigger', r.name, t.tgname::text, ${definition(sql`jsonb_build_object(
    'def', case when t.tgparentid = 0 then ${neutral(sql`pg_get_triggerdef(t.oid)`)} end,
    'inherited', case when t.tgparentid <> 0 then true end,
    'enabled', case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end)`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal`

const foreignKeys: Sql = sql`
  select r.home, 'foreign keys', r.name, '', ${definition(sql`jsonb_build_object('not enforced', count(*))`)}
  from rels r
  join pg_catalog.pg_trigger t on t.tgrelid = r.oid and t.tgisinternal and t.tgenabled <> 'O'
  group by r.home, r.name`

const rules: Sql = sql`
  select r.home, 'rule', r.name, w.rulename::text, ${definition(sql`jsonb_build_object(
    'def', ${neutral(sql`pg_get_ruledef(w.oid)`)},
    'enabled', case w.ev_enabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end)`)}
  from rels r
  join homes h on h.oid = r.home
  join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'`

const types: Sql = sql`
  select t.home, 'type', t.name, '', ${definition(sql`jsonb_build_object(
    'kind', case t.kind when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite' end,
    'labels', case when t.kind = 'e' then
       (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid) end,
    'base', case when t.kind = 'd' then ${neutral(sql`format_type(t.typbasetype, t.typtypmod)`)} end,
    'not null', case when t.kind = 'd' and t.typnotnull then true end,
    'default', case when t.kind = 'd' then ${neutral(sql`t.typdefault`)} end,
    'collation', case when t.kind = 'd' and t.typcollation <> (select b.typcollation from pg_catalog.pg_type b where b.oid = t.typbasetype)
       then ${neutral(sql`t.typcollation::regcollation::text`)} end,
    'subtype', (select ${neutral(sql`format_type(g.rngsubtype, null)`)} from pg_catalog.pg_range g where g.rngtypid = t.oid),
    'difference', (select ${neutral(sql`g.rngsubdiff::regproc::text`)} from pg_catalog.pg_range g where g.rngtypid = t.oid and g.rngsubdiff <> 0))`)}
  from types t
  join homes h on h.oid = t.home
  union all
  select t.home, 'domain check', t.name, k.conname::text, ${definition(sql`jsonb_build_object('def', ${neutral(sql`pg_get_constraintdef(k.oid)`)})`)}
  from types t
  join homes h on h.oid = t.home
  join pg_catalog.pg_constraint k on k.contypid = t.oid and k.contype = 'c'`

// Types that come with a range are its own. Whatever else lives in a schema is at least named.
const others: Sql = sql`
  select h.oid, 'other', ${neutral(sql`pg_describe_object(d.classid, d.objid, 0)`)}, '', '{}'
  from homes h
  join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = h.oid
  where d.classid not in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass,
    'pg_catalog.pg_statistic_ext'::regclass, 'pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_publication_namespace'::regclass)`

export const codeFacts: readonly Sql[] = [views, functions, triggers, foreignKeys, rules, types, others]
