import { ident, type Sql, sql } from '../../kernel/sql.js'
import { tenantColumnOf } from '../model.js'
import { PLATFORM_SCHEMA } from '../names.js'
import { createPolicy, handOverCode, POLICIES } from '../walls.js'
import { type Finding, inTransaction, repairable, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

interface Policy {
  readonly name: string
  /** Is it what Tenantry makes under this name? */
  readonly intact: boolean
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

const tablesOf = (schemas: readonly string[], column: string): Sql<Table> => sql<Table>`
  select n.nspname::text as schema, c.relname::text as name, c.relispartition as partition, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
         exists (select 1 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped) as tenanted,
         coalesce((
           select jsonb_agg(jsonb_build_object('name', p.polname, 'intact',
             p.polcmd = '*' and p.polroles = '{0}'::oid[] and case p.polname
               when 'tenantry_tenant' then p.polpermissive
                 and pg_get_expr(p.polqual, c.oid) = 'true' and coalesce(pg_get_expr(p.polwithcheck, c.oid), 'true') = 'true'
               when 'tenantry_fence' then not p.polpermissive
                 and pg_get_expr(p.polqual, c.oid) = format('(%I = ( SELECT tenantry.tenant() AS tenant))', ${column}::text)
                 and pg_get_expr(p.polwithcheck, c.oid) is not distinct from pg_get_expr(p.polqual, c.oid)
               else false
             end) order by p.polname)
           from pg_catalog.pg_policy p
           where p.polrelid = c.oid
         ), '[]') as policies
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any (${schemas}::text[])
    and c.relkind in ('r', 'p')
  order by 1, 2`

/** Row-level security of every table that has the tenant column, in homes of tenants and among the platform tables. */
export async function checkTables({ database, where, tenantColumn, homes, installation }: DatabaseSubject): Promise<readonly Finding[]> {
  if (tenantColumn === null) return []
  const findings: Finding[] = []
  const schemas = homes.filter((home) => tenantColumnOf(home, tenantColumn) !== null).map((home) => home.schema)
  for (const table of await database.rows(tablesOf([...schemas, PLATFORM_SCHEMA], tenantColumn))) {
    // Reference tables belong to no tenant; a table of a home without the column is the gate's to report.
    if (table.schema === PLATFORM_SCHEMA && !table.tenanted) continue
    const [at, name] = [`${where}/${table.schema}.${table.name}`, ident(table.schema, table.name)]
    if (!table.rls) {
      findings.push(
        repairable('walls.row-security', at, 'row-level security is off', statements(sql`alter table ${name} enable row level security`)),
      )
    }
    if (installation.hardened && !table.forced) {
      const repair = statements(sql`alter table ${name} force row level security`)
      findings.push(repairable('walls.row-security', at, 'row-level security does not bind the owner of the table', repair))
    }
    if (table.tenanted && !table.partition) {
      for (const policy of POLICIES) {
        const found = table.policies.find((one) => one.name === policy)
        if (found?.intact === true) continue
        const repair = statements(sql`drop policy if exists ${ident(policy)} on ${name}`, createPolicy(policy, name, tenantColumn))
        findings.push(repairable('walls.policy', at, `the policy ${policy} ${found === undefined ? 'is missing' : 'was changed'}`, repair))
      }
    }
    for (const policy of table.policies) {
      if ((POLICIES as readonly string[]).includes(policy.name)) continue
      const command = sql`drop policy ${ident(policy.name)} on ${name}`
      findings.push(told('walls.policy', at, `the policy ${policy.name} is not one of Tenantry's`, command.text))
    }
  }
  return findings
}

interface Owned {
  readonly schema: string
  readonly what: string
  readonly name: string
  readonly owner: string
  readonly code: boolean
}

const ownedIn = (schemas: readonly string[]): Sql<Owned> => sql<Owned>`
  select n.nspname::text as schema,
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as what,
         c.relname::text as name, c.relowner::regrole::text as owner, c.relkind = 'v' as code
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any (${schemas}::text[])
    and c.relkind in ('r', 'p', 'v', 'm')
  union all
  select n.nspname::text, 'routine', p.oid::regprocedure::text, p.proowner::regrole::text, true
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any (${schemas}::text[])
  union all
  select n.nspname::text, 'schema', '', n.nspowner::regrole::text, false
  from pg_catalog.pg_namespace n
  where n.nspname = any (${schemas}::text[])
  order by 1, 2, 3`

/** Who owns what. A function of the owner of the tables would run with the rights of one who sees every row. */
export async function checkOwners({ database, where, names, homes }: DatabaseSubject): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const one of await database.rows(ownedIn([...homes.map((home) => home.schema), PLATFORM_SCHEMA]))) {
    const wanted = one.code ? names.code : names.owner
    // The schema of platform tables is the administrator's, so that migrations of tenants cannot make anything there.
    if (one.owner === wanted || (one.what === 'schema' && one.schema === PLATFORM_SCHEMA)) continue
    const label = one.what === 'schema' ? one.schema : one.what === 'routine' ? one.name : `${one.schema}.${one.name}`
    const reason = `the ${one.what} belongs to ${one.owner} and not to ${wanted}`
    if (one.code) {
      const repair = inTransaction((session) => handOverCode(session, one.schema, names))
      findings.push(repairable('owners.wrong', `${where}/${label}`, reason, repair))
      continue
    }
    const object = one.what === 'schema' ? ident(one.schema) : ident(one.schema, one.name)
    findings.push(told('owners.wrong', `${where}/${label}`, reason, `alter ${one.what} ${object.text} owner to ${ident(wanted).text}`))
  }
  return findings
}
