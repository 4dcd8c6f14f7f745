import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { LintId } from '../advisor/ids.js'
import { tenantColumnOf } from '../model.js'
import { PLATFORM_SCHEMA, type RoleNames } from '../names.js'
import { createPolicy, handOverCode, POLICIES } from '../walls.js'
import { type Finding, inTransaction, repairable, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

interface Policy {
  readonly name: string
  readonly permissive: boolean
  /** Its expressions. */
  readonly says: string
}

interface Table {
  readonly schema: string
  readonly name: string
  readonly partition: boolean
  readonly tenanted: boolean
  readonly rls: boolean
  readonly forced: boolean
  /** Policies that are not what Tenantry makes under their names. */
  readonly wrong: readonly Policy[]
  /** The names of those that are. */
  readonly right: readonly string[]
}

/**
 * The tables that are not as they should be: thousands of homes have many that are. To put an expression into words takes longer than all the rest; so that
 * is done once for all policies with the same expression, over a tenant column in the same place.
 */
const tablesOf = (schemas: readonly string[], column: string, hardened: boolean): Sql<Table> => sql<Table>`
  with tables as materialized (
    select n.nspname::text as schema, c.oid, c.relname::text as name, c.relispartition as partition, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
           coalesce(a.attnum, 0) as attnum
    from pg_catalog.pg_namespace n
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped
    where n.nspname = any (${schemas}::text[])
  ), policies as materialized (
    select t.oid as table, t.attnum, p.oid, p.polname, p.polpermissive, p.polcmd = '*' and p.polroles = '{0}'::oid[] as everyone,
           coalesce(p.polqual::text, '') || ' / ' || coalesce(p.polwithcheck::text, '') as tree
    from tables t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
  ), shapes as materialized (
    select s.attnum, s.tree, pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as checks
    from (select attnum, tree, min(oid) as policy from policies group by attnum, tree) s
    join pg_catalog.pg_policy p on p.oid = s.policy
  ), judged as (
    select p.table, p.polname, p.polpermissive, s.qual, s.checks, p.everyone and case p.polname
             when 'tenantry_tenant' then p.polpermissive and s.qual = 'true' and coalesce(s.checks, 'true') = 'true'
             when 'tenantry_fence' then not p.polpermissive
               and s.qual = format('(%I = ( SELECT tenantry.tenant() AS tenant))', ${column}::text)
               and s.checks is not distinct from s.qual
             else false
           end as intact
    from policies p
    join shapes s using (attnum, tree)
  ), summed as (
    select j.table, count(*) filter (where j.intact) as intact, count(*) as there,
           jsonb_agg(jsonb_build_object('name', j.polname, 'intact', j.intact, 'permissive', j.polpermissive, 'says', concat_ws(' ', j.qual, j.checks)) order by j.polname)
             filter (where not j.intact) as wrong,
           coalesce(array_agg(j.polname::text) filter (where j.intact), '{}') as right
    from judged j
    group by j.table
  )
  select t.schema, t.name, t.partition, t.rls, t.forced, t.attnum > 0 as tenanted, coalesce(s.wrong, '[]') as wrong, coalesce(s.right, '{}') as right
  from tables t
  left join summed s on s.table = t.oid
  where not t.rls
     or (not t.forced and ${hardened}::boolean)
     or coalesce(s.there, 0) <> coalesce(s.intact, 0)
     or (t.attnum > 0 and not t.partition and coalesce(s.intact, 0) <> 2)
  order by 1, 2`

/** Row-level security of every table that has the tenant column, in homes of tenants and among the platform tables. */
export async function checkTables({ database, where, tenantColumn, homes, installation }: DatabaseSubject): Promise<readonly Finding[]> {
  if (tenantColumn === null) return []
  const findings: Finding[] = []
  const schemas = homes.filter((home) => tenantColumnOf(home, tenantColumn) !== null).map((home) => home.schema)
  for (const table of await database.rows(tablesOf([...schemas, PLATFORM_SCHEMA], tenantColumn, installation.hardened))) {
    // Reference tables belong to no tenant; a table of a home without the column is the gate's to report.
    if (table.schema === PLATFORM_SCHEMA && !table.tenanted) continue
    const [at, name] = [`${where}/${table.schema}.${table.name}`, ident(table.schema, table.name)]
    if (!table.rls) {
      const repair = statements(sql`alter table ${name} enable row level security`)
      findings.push(repairable('walls.row-security', at, 'row-level security is off', repair, table.partition ? 'TL04' : 'TL01'))
    }
    if (installation.hardened && !table.forced) {
      const repair = statements(sql`alter table ${name} force row level security`)
      findings.push(repairable('walls.row-security', at, 'row-level security does not bind the owner of the table', repair, 'TL02'))
    }
    if (table.tenanted && !table.partition) {
      for (const policy of POLICIES) {
        if (table.right.includes(policy)) continue
        const found = table.wrong.find((one) => one.name === policy)
        const reason = `the policy ${policy} ${found === undefined ? 'is missing' : 'was changed'}`
        const repair = statements(sql`drop policy if exists ${ident(policy)} on ${name}`, createPolicy(policy, name, tenantColumn))
        findings.push(repairable('walls.policy', at, reason, repair, found === undefined ? 'TL08' : lintOf(found)))
      }
    }
    for (const policy of table.wrong) {
      if ((POLICIES as readonly string[]).includes(policy.name)) continue
      const command = sql`drop policy ${ident(policy.name)} on ${name}`
      findings.push(told('walls.policy', at, `the policy ${policy.name} is not one of Tenantry's`, command.text, lintOf(policy)))
    }
  }
  return findings
}

/** What is wrong with a policy that is not as Tenantry makes it. */
function lintOf({ name, says, permissive }: Policy): LintId {
  if (/ IS (NOT )?NULL/.test(says)) return 'TL09'
  if (/(?<!SELECT )tenantry\.tenant\(\)/.test(says)) return 'TL11'
  return permissive && name !== 'tenantry_tenant' ? 'TL07' : 'TL08'
}

interface Owned {
  readonly schema: string
  readonly what: string
  readonly name: string
  readonly owner: string
  readonly code: boolean
}

const ownedByOthers = (schemas: readonly string[], { owner, code }: RoleNames): Sql<Owned> => {
  const [tables, functions] = [sql`to_regrole(quote_ident(${owner}))::oid`, sql`to_regrole(quote_ident(${code}))::oid`]
  return sql<Owned>`
    select n.nspname::text as schema,
           case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as what,
           c.relname::text as name, c.relowner::regrole::text as owner, c.relkind = 'v' as code
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (${schemas}::text[])
      and ((c.relkind in ('r', 'p', 'm') and c.relowner <> ${tables}) or (c.relkind = 'v' and c.relowner <> ${functions}))
    union all
    select n.nspname::text, 'routine', p.oid::regprocedure::text, p.proowner::regrole::text, true
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any (${schemas}::text[])
      and p.proowner <> ${functions}
    union all
    select n.nspname::text, 'schema', '', n.nspowner::regrole::text, false
    from pg_catalog.pg_namespace n
    where n.nspname = any (${schemas}::text[])
      -- The schema of platform tables is the administrator's, so that migrations of tenants cannot make anything there.
      and n.nspname <> ${PLATFORM_SCHEMA}
      and n.nspowner <> ${tables}
    order by 1, 2, 3`
}

/** Who owns what. A function of the owner of the tables would run with the rights of one who sees every row. */
export async function checkOwners({ database, where, names, homes }: DatabaseSubject): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const one of await database.rows(ownedByOthers([...homes.map((home) => home.schema), PLATFORM_SCHEMA], names))) {
    const wanted = one.code ? names.code : names.owner
    const label = one.what === 'schema' ? one.schema : one.what === 'routine' ? one.name : `${one.schema}.${one.name}`
    const reason = `the ${one.what} belongs to ${one.owner} and not to ${wanted}`
    if (one.code) {
      const repair = inTransaction((session) => handOverCode(session, one.schema, names))
      findings.push(repairable('owners.wrong', `${where}/${label}`, reason, repair, 'TL29'))
      continue
    }
    const object = one.what === 'schema' ? ident(one.schema) : ident(one.schema, one.name)
    const command = `alter ${one.what} ${object.text} owner to ${ident(wanted).text}`
    findings.push(told('owners.wrong', `${where}/${label}`, reason, command, 'TL03'))
  }
  return findings
}
