import { parse } from 'libpg-query'
import { functionsIn, relationsIn } from '../isolation/in-schema.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import { type Node, walk } from './parse.js'

/** What the gate looks at: a schema of the live catalog, after a migration and before its commit. */
export interface GateSubject {
  readonly schema: string
  readonly platform: boolean
  readonly tenantColumn: string | null
  /** That of the project: a service's tables have none, and platform tables may have it all the same. */
  readonly projectColumn: string | null
  /** Leaves out policies and grants to PUBLIC, for those who look at them more closely. Default false. */
  readonly withoutWalls?: boolean
}

interface Finding {
  readonly finding: string
}

/**
 * Checks what a migration has made against the rules that isolation stands on, in the live catalog and inside the migration's transaction. Answers the
 * findings; none means that it may commit.
 */
export async function gate(session: Session, subject: GateSubject): Promise<readonly string[]> {
  const findings = [
    ...(subject.tenantColumn === null ? [] : await session.rows(tenantColumnRules(subject.schema, subject.tenantColumn, subject.platform))),
    ...(await session.rows(codeRules(subject))),
    ...(subject.withoutWalls === true ? [] : await session.rows(wallRules(subject.schema))),
    ...(await session.rows(cascadeTriggers(subject.schema))).filter(({ body }) => !isHarmless(body)),
  ].map(({ finding }) => finding)
  const views = await session.rows(sql<{ name: string; barrier: boolean; definition: string; tables: readonly string[] }>`
    select c.relname::text as name,
           coalesce(c.reloptions && array['security_barrier=true', 'security_barrier=on', 'security_barrier=1'], false) as barrier,
           pg_get_viewdef(c.oid) as definition,
           coalesce((
             select array_agg(distinct t.relname::text)
             from pg_catalog.pg_rewrite r
             join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
             join pg_catalog.pg_class t on t.oid = d.refobjid and t.oid <> c.oid and t.relkind <> 'm'
             where r.ev_class = c.oid
           ), '{}') as tables
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(subject.schema)}
      and c.relkind = 'v'
      and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
    order by 1`)
  for (const view of views) {
    const onlyMaterialised = view.tables.length === 0
    if (view.barrier && onlyMaterialised && subject.tenantColumn !== null && (await filtersOnTenant(view.definition, subject.tenantColumn)))
      continue
    findings.push(
      onlyMaterialised
        ? `view ${view.name} must be security_barrier and end in "where ${subject.tenantColumn} = (select tenantry.tenant())", since it reads a materialised view`
        : `view ${view.name} must be created with (security_invoker = true)`,
    )
  }
  return findings
}

const tenantColumnRules = (schema: string, column: string, platform: boolean): Sql<Finding> => sql<Finding>`
  with tenanted as (
    select c.oid, c.relname::text as name, c.relkind, c.relispartition, a.attnum, a.atttypid, a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid) as preset
    from pg_catalog.pg_class c
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.oid in ${relationsIn(schema)}
      and c.relkind in ('r', 'p', 'm')
      -- Reference tables of the platform belong to no tenant.
      and not (${platform} and a.attnum is null)
  ), constraints as materialized (
    select t.name as table_name, t.attnum, k.*
    from tenanted t
    join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.conparentid = 0
  ), foreign_keys as materialized (
    select k.*, target.oid as target, target.attnum as target_attnum
    from constraints k
    left join lateral (select * from tenanted t where t.oid = k.confrelid offset 0) target on true
    where k.contype = 'f' and k.attnum is not null
  )
  select format('%s %s has no column %s', case t.relkind when 'm' then 'materialised view' else 'table' end, t.name, ${column}::text) as finding
  from tenanted t
  where t.attnum is null
  union all
  select format('column %s.%s must be "uuid not null default tenantry.tenant()"', t.name, ${column}::text)
  from tenanted t
  where t.attnum is not null
    and t.relkind <> 'm'
    and (t.atttypid <> 'uuid'::regtype or not t.attnotnull or t.preset is distinct from 'tenantry.tenant()')
  union all
  select format('table %s has no primary key', t.name)
  from tenanted t
  where t.relkind in ('r', 'p')
    and not exists (select 1 from pg_catalog.pg_constraint k where k.conrelid = t.oid and k.contype = 'p')
  union all
  select format('unique index %s must begin with %s', i.indexrelid::regclass::text, ${column}::text)
  from tenanted t
  join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisunique
  where t.attnum is not null
    and i.indkey[0] <> t.attnum
  union all
  select format('exclusion constraint %s on %s must include "%s with ="', k.conname, k.table_name, ${column}::text)
  from constraints k
  where k.contype = 'x'
    and not exists (
      select 1
      from unnest(k.conkey, k.conexclop) as u (attnum, operator)
      join pg_catalog.pg_operator o on o.oid = u.operator
      where u.attnum = k.attnum and o.oprname = '='
    )
  union all
  select format('foreign key %s on %s must begin with %s on both sides', k.conname, k.table_name, ${column}::text)
  from foreign_keys k
  where k.target is not null
    and (k.conkey[1] <> k.attnum or k.target_attnum is null or k.confkey[1] <> k.target_attnum)
  union all
  select format('foreign key %s on %s must name the columns of its "on delete set", or it would empty %s too', k.conname, k.table_name, ${column}::text)
  from foreign_keys k
  where k.confdeltype in ('n', 'd')
    and (k.confdelsetcols is null or k.attnum = any (k.confdelsetcols))
  union all
  select format('foreign key %s on %s would empty %s on update', k.conname, k.table_name, ${column}::text)
  from foreign_keys k
  where k.confupdtype in ('n', 'd')
    and k.attnum = any (k.conkey)`

const codeRules = ({ schema, platform, tenantColumn, projectColumn }: GateSubject): Sql<Finding> => sql<Finding>`
  with relations as materialized (
    select c.oid, c.relname, c.relkind, c.relnamespace from pg_catalog.pg_class c where c.oid in ${relationsIn(schema)}
  ), functions as materialized (
    select p.oid, p.prosecdef, p.proconfig from pg_catalog.pg_proc p where p.oid in ${functionsIn(schema)}
  )
  select format('foreign key %s on %s points into another schema', k.conname, c.relname) as finding
  from relations c
  join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
  join pg_catalog.pg_class target on target.oid = k.confrelid
  where target.relnamespace <> c.relnamespace
    -- Platform tables stand beside every home; those of tenants move, and must not hold on to them. Foreign keys are checked with the rights of the owner,
    -- who sees every row: one to a table that tenants have rows of would tell which rows others have, and keep them from being deleted.
    and (${tenantColumn !== null}
      or target.relnamespace is distinct from to_regnamespace('platform')
      or exists (select from pg_catalog.pg_attribute a where a.attrelid = target.oid and a.attname = ${projectColumn} and not a.attisdropped))
  union all
  select format('function %s must not be security definer', p.oid::regprocedure)
  from functions p
  where p.prosecdef
    and not ${platform}::boolean
  union all
  -- With pg_temp anywhere but last, a caller's temporary table takes the place of ours.
  select format('function %s is security definer and must end in "set search_path = …, pg_temp"', p.oid::regprocedure)
  from functions p
  where p.prosecdef
    and ${platform}::boolean
    and not exists (select 1 from unnest(p.proconfig) as setting where setting ~ '^search_path=.*,[[:space:]]*pg_temp$')
  union all
  select format('function %s sets %s, which is not its to set', p.oid::regprocedure, setting)
  from functions p
  cross join unnest(p.proconfig) as setting
  where setting ~ '^(role|session_authorization|row_security|tenantry[.])'
  union all
  -- Purging a tenant deletes rows where triggers are off: these would run there, with the rights of the control login.
  select format('trigger %1$s on %2$s must not be enabled as "always" or "replica": alter table %2$I enable trigger %1$I', t.tgname, c.relname)
  from relations c
  join pg_catalog.pg_trigger t on t.tgrelid = c.oid
  where t.tgenabled in ('A', 'R')
    and not t.tgisinternal
  union all
  -- No tenant has a right on sequences, and in a shared home one would tell neighbours how fast each other grows.
  select format('sequence %s is not allowed: write "generated always as identity"', c.relname)
  from relations c
  where c.relkind = 'S'
    and not exists (
      select 1 from pg_catalog.pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i' and d.refclassid = 'pg_class'::regclass
    )
  union all
  select format('table %s is a foreign table', c.relname)
  from relations c
  where c.relkind = 'f'`

const wallRules = (schema: string): Sql<Finding> => sql<Finding>`
  select format('%s is granted to public', c.oid::regclass) as finding
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(schema)}
    and exists (select 1 from aclexplode(c.relacl) as a where a.grantee = 0)
  union all
  select format('policy %s on %s is not one of Tenantry''s, or was changed', p.polname, p.polrelid::regclass)
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  where c.oid in ${relationsIn(schema)}
    and case p.polname
      when 'tenantry_tenant' then false
      when 'tenantry_fence' then p.polpermissive
        or pg_get_expr(p.polqual, p.polrelid) !~ '^[(][a-z_0-9]+ = [(] SELECT tenantry[.]tenant[(][)] AS tenant[)][)]$'
        or pg_get_expr(p.polwithcheck, p.polrelid) !~ '^[(][a-z_0-9]+ = [(] SELECT tenantry[.]tenant[(][)] AS tenant[)][)]$'
      else true
    end`

/**
 * What a foreign key does to rows (`on delete cascade`, `set null`, …) it does as the owner of the table, who sees every tenant; and so runs every
 * trigger that this sets off, whatever the trigger's function says of itself.
 */
const cascadeTriggers = (schema: string): Sql<Finding & { body: string }> => sql<Finding & { body: string }>`
  with acting as materialized (
    select k.conrelid, k.conname
    from pg_catalog.pg_constraint k
    where k.conrelid in ${relationsIn(schema)}
      and k.contype = 'f'
      and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))
  )
  select format(
           'trigger %s on %s would run as the owner of the table when foreign key %s acts: it may only set columns of its own row',
           t.tgname, t.tgrelid::regclass, k.conname
         ) as finding,
         p.prosrc as body
  from acting k
  join pg_catalog.pg_trigger t on t.tgrelid = k.conrelid and not t.tgisinternal
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  union all
  select format('trigger %s on %s must not call functions in its condition, since foreign key %s acts', t.tgname, t.tgrelid::regclass, k.conname), 'select'
  from acting k
  join pg_catalog.pg_trigger t on t.tgrelid = k.conrelid and not t.tgisinternal
  where exists (select from regexp_matches(t.tgqual::text, ':(?:op)?funcid ([0-9]+)', 'g') as f where f[1]::oid >= 16384)
  union all
  select format('check constraint %s on %s calls %s, which is not immutable, and foreign key %s acts as the owner of the table', x.conname, x.conrelid::regclass, p.oid::regprocedure, k.conname), 'select'
  from acting k
  join pg_catalog.pg_constraint x on x.conrelid = k.conrelid and x.contype = 'c'
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = x.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass
  join pg_catalog.pg_proc p on p.oid = d.refobjid and p.provolatile <> 'i'`

// Deliberately narrow: a body that mentions a statement, or calls anything but these, may reach other rows.
const HARMLESS_CALLS = new Set(
  'now clock_timestamp statement_timestamp transaction_timestamp lower upper btrim coalesce nullif greatest least round length if elsif and or not in when'.split(
    ' ',
  ),
)
const STATEMENTS = new Set(
  'select insert update delete merge truncate perform execute call copy from table with values open for foreach set reset do raise'.split(
    ' ',
  ),
)
const TOKEN = /(?<space>\s+|--[^\n]*)|(?<text>'(?:[^'\\]|'')*')|(?<word>[a-z_][a-z0-9_]*)|(?<rest>\d+|:=|[-+*/%<>=|:.,;()])/giy

/** Of a body that is not plain enough to be read here, nothing is believed. */
function isHarmless(body: string): boolean {
  const words: string[] = []
  let at = 0
  for (const match of body.matchAll(TOKEN)) {
    if (match.index !== at) return false
    at += match[0].length
    const { space, text } = match.groups!
    if (space === undefined) words.push(text === undefined ? match[0].toLowerCase() : "''")
  }
  return (
    at === body.length &&
    words.every((word, i) => {
      if (STATEMENTS.has(word) || (word === '/' && words[i + 1] === '*')) return false
      return word !== '(' || !/^\w+$/.test(words[i - 1] ?? '') || (HARMLESS_CALLS.has(words[i - 1]!) && words[i - 2] !== '.')
    })
  )
}

/** Is a condition `column = (select tenantry.tenant())` one of those that all rows must meet? */
async function filtersOnTenant(definition: string, column: string): Promise<boolean> {
  const tree = await parse(definition)
  const select = (tree.stmts?.[0]?.stmt as { SelectStmt?: Node } | undefined)?.SelectStmt
  if (select === undefined || (select.op !== undefined && select.op !== 'SETOP_NONE')) return false
  // One materialised view and nothing beside it: another relation, a sub-select or a CTE would bring in rows that the condition does not speak of.
  const nodes = [...walk(select)]
  const from = select.fromClause as readonly Node[] | undefined
  const count = (key: string): number => nodes.filter((node) => key in node).length
  if (
    from?.length !== 1 ||
    !('RangeVar' in from[0]!) ||
    count('RangeVar') !== 1 ||
    count('SubLink') !== 1 ||
    select.withClause !== undefined
  )
    return false
  const where = select.whereClause as Node | undefined
  const all = conjuncts(where)
  return all.some((condition) => {
    const expression = condition.A_Expr as Node | undefined
    if (expression === undefined || JSON.stringify(expression.name) !== '[{"String":{"sval":"="}}]') return false
    return isColumn(expression.lexpr, column) && isTenantCall(expression.rexpr)
  })
}

function conjuncts(node: Node | undefined): readonly Node[] {
  const and = node?.BoolExpr as Node | undefined
  if (and?.boolop === 'AND_EXPR') return (and.args as Node[]).flatMap((child) => conjuncts(child))
  return node === undefined ? [] : [node]
}

function isColumn(node: unknown, column: string): boolean {
  const fields = ((node as Node | undefined)?.ColumnRef as Node | undefined)?.fields as readonly Node[] | undefined
  return (fields?.at(-1)?.String as Node | undefined)?.sval === column
}

/** `(select tenantry.tenant())` and nothing else. */
function isTenantCall(node: unknown): boolean {
  const select = (((node as Node | undefined)?.SubLink as Node | undefined)?.subselect as Node | undefined)?.SelectStmt as Node | undefined
  if (select === undefined || Object.keys(select).some((key) => !['targetList', 'limitOption', 'op'].includes(key))) return false
  const targets = select.targetList as readonly Node[]
  const call = ((targets[0]?.ResTarget as Node | undefined)?.val as Node | undefined)?.FuncCall as Node | undefined
  return (
    targets.length === 1 &&
    call?.args === undefined &&
    JSON.stringify(call?.funcname) === '[{"String":{"sval":"tenantry"}},{"String":{"sval":"tenant"}}]'
  )
}
