import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { LintId } from '../advisor/ids.js'
import { tenantColumnOf } from '../model.js'
import { PLATFORM_SCHEMA, type RoleNames } from '../names.js'
import { createPolicy, handOverCode, POLICIES } from '../walls.js'
import { type Finding, inTransaction, repairable, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

interface Policy {
  readonly name: string
  /** Is it what Tenantry makes under this name? */
  readonly intact: boolean
  readonly permissive: boolean
  /** Its expressions, where it is not intact. */
  readonly says: string
}

interface Table {
  readonly schema: string
  readonly name: string
  readonly partition: boolean
  readonly tenanted: boolean
  readonly rls: boolean
  readonly forced: boolean
  readonly policies: readonly Policy[]
}

/** The tables that are not as they should be: thousands of homes have many that are. */
const tablesOf = (schemas: readonly string[], column: string, hardened: boolean): Sql<Table> => sql<Table>`
  with tables as (
    select n.nspname::text as schema, c.oid, c.relname::text as name, c.relispartition as partition, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
           exists (select 1 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped) as tenanted
    from pg_catalog.pg_namespace n
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p')
    where n.nspname = any (${schemas}::text[])
  )
  select t.schema, t.name, t.partition, t.rls, t.forced, t.tenanted, coalesce(p.policies, '[]') as policies
  from tables t
  left join lateral (
    select count(*) filter (where e.intact) as intact, count(*) as there,
           jsonb_agg(jsonb_build_object('name', e.polname, 'intact', e.intact, 'permissive', e.polpermissive, 'says',
             case when e.intact then '' else concat_ws(' ', e.qual, e.checks) end) order by e.polname) as policies
    from (
      select p.polname, p.polpermissive, x.qual, x.checks,
             p.polcmd = '*' and p.polroles = '{0}'::oid[] and case p.polname
               when 'tenantry_tenant' then p.polpermissive and x.qual = 'true' and coalesce(x.checks, 'true') = 'true'
               when 'tenantry_fence' then not p.polpermissive
                 and x.qual = format('(%I = ( SELECT tenantry.tenant() AS tenant))', ${column}::text)
                 and x.checks is not distinct from x.qual
               else false
             end as intact
      from pg_catalog.pg_policy p
      cross join lateral (select pg_get_expr(p.polqual, t.oid) as qual, pg_get_expr(p.polwithcheck, t.oid) as checks) x
      where p.polrelid = t.oid
    ) e
  ) p on true
  where not t.rls
     or (not t.forced and ${hardened}::boolean)
     or coalesce(p.there, 0) <> coalesce(p.intact, 0)
     or (t.tenanted and not t.partition and coalesce(p.intact, 0) <> 2)
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
        const found = table.policies.find((one) => one.name === policy)
        if (found?.intact === true) continue
        const reason = `the policy ${policy} ${found === undefined ? 'is missing' : 'was changed'}`
        const repair = statements(sql`drop policy if exists ${ident(policy)} on ${name}`, createPolicy(policy, name, tenantColumn))
        findings.push(repairable('walls.policy', at, reason, repair, found === undefined ? 'TL08' : lintOf(found)))
      }
    }
    for (const policy of table.policies) {
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
