import { parse } from 'libpg-query'
import { relationsIn } from '../isolation/in-schema.js'
import { sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { GateFinding, GateSubject } from './gate-subject.js'
import { type Node, walk } from './statements.js'

interface View {
  readonly schema: string
  readonly name: string
  readonly called: string
  readonly barrier: boolean
  readonly definition: string
  readonly tables: readonly string[]
}

/** Views that run with the rights of their owner, but for those that stand in front of a materialised view and filter on the tenant. */
export async function viewsOf(session: Session, { schemas, tenantColumn }: GateSubject): Promise<readonly GateFinding[]> {
  const views = await session.rows(sql<View>`
    select n.nspname::text as schema, c.relname::text as name, c.oid::regclass::text as called,
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
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid in ${relationsIn(schemas)}
      and c.relkind = 'v'
      and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
    order by 1, 2`)
  const findings: GateFinding[] = []
  for (const { schema, name, called, barrier, definition, tables } of views) {
    const onlyMaterialised = tables.length === 0
    const tell = (lint: GateFinding['lint'], finding: string, fix: string): unknown => findings.push({ schema, lint, finding, fix })
    if (!onlyMaterialised) {
      tell('TL12', `view ${name} must be created with (security_invoker = true)`, `alter view ${called} set (security_invoker = true)`)
      continue
    }
    if (barrier && tenantColumn !== null && (await filtersOnTenant(definition, tenantColumn))) continue
    const filter = `where ${tenantColumn} = (select tenantry.tenant())`
    tell(
      'TL13',
      `view ${name} must be security_barrier and end in "${filter}", since it reads a materialised view`,
      barrier ? `make the view ${called} anew, with "${filter}"` : `alter view ${called} set (security_barrier = true)`,
    )
  }
  return findings
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
