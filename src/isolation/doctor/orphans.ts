import { ident, sql } from '../../kernel/sql.js'
import { type Finding, rolePrefix, told } from './finding.js'
import type { ClusterSubject, DatabaseSubject } from './subject.js'

// Names are asked of the server first and of the catalog afterwards: whatever an operation makes, it has reserved there before.

/** Schemas and homes of a database that the catalog does not know. */
export async function checkSchemaOrphans(
  { database, where, names, adopted }: DatabaseSubject,
  pattern: string,
  known: () => Promise<readonly { readonly id: string; readonly schema: string }[]>,
): Promise<readonly Finding[]> {
  const prefix = pattern.split('{')[0]!
  // Ours by their owner; or, where a name begins as ours do, made by somebody else in its place. In somebody's own database names say nothing.
  const schemas = await database.rows(sql<{ name: string }>`
    select n.nspname::text as name
    from pg_catalog.pg_namespace n
    where (n.nspowner = to_regrole(quote_ident(${names.owner})) or (not ${adopted}::boolean and ${prefix} <> '' and starts_with(n.nspname, ${prefix})))
      and n.nspname not in ('tenantry', 'tenantry_pooler', 'platform', 'ext')
      and n.nspname !~ '^pg_'
    order by 1`)
  const homes = await database.rows(sql<{ id: string; schema: string }>`select id, schema_name as schema from tenantry.home order by 2`)
  const reserved = await known()
  return [
    ...schemas
      .filter(({ name }) => !reserved.some((home) => home.schema === name))
      .map(({ name }) =>
        told(
          'orphan.schema',
          `${where}/${name}`,
          'the catalog knows no home of this name',
          `when nothing in it is needed: drop schema ${ident(name).text} cascade`,
        ),
      ),
    ...homes
      .filter(({ id }) => !reserved.some((home) => home.id === id))
      .map(({ id, schema }) =>
        told(
          'orphan.home',
          `${where}/${schema}`,
          'tenantry.home has a row that the catalog does not know',
          `when nothing in it is needed: delete from tenantry.home where id = '${id}'`,
        ),
      ),
  ]
}

/** Databases and roles of a server that the catalog does not know. */
export async function checkServerOrphans(
  { server, where, platformId, names }: ClusterSubject,
  known: () => Promise<{ readonly databases: readonly string[]; readonly roles: readonly string[] }>,
): Promise<readonly Finding[]> {
  const prefix = rolePrefix(platformId)
  // Several platforms may share a server: ours are the marked databases that one of our logins may connect to.
  const databases = await server.rows(sql<{ name: string }>`
    select d.datname::text as name
    from pg_catalog.pg_database d
    where starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), 'tenantry:')
      and exists (
        select 1 from pg_catalog.aclexplode(d.datacl) a join pg_catalog.pg_roles r on r.oid = a.grantee where starts_with(r.rolname, ${`${prefix}app`})
      )
    order by 1`)
  const roles = await server.rows(sql<{ name: string }>`
    select rolname::text as name from pg_catalog.pg_roles where starts_with(rolname, ${prefix}) order by 1`)
  const reserved = await known()
  const own = [names.owner, names.code, names.tenant, names.resolver, names.pooler]
  return [
    ...databases
      .filter(({ name }) => !reserved.databases.includes(name))
      .map(({ name }) =>
        told(
          'orphan.database',
          `${where}/${name}`,
          'the catalog does not know it',
          `when nothing in it is needed: drop database ${ident(name).text}`,
        ),
      ),
    ...roles
      .filter(
        ({ name }) =>
          !own.includes(name) && !/^app\d+$/.test(name.slice(prefix.length)) && !reserved.roles.includes(homeRoleBehind(name, prefix)),
      )
      .map(({ name }) =>
        told('orphan.role', `${where}/${name}`, 'the catalog knows no home of this role', `drop role ${ident(name).text}`),
      ),
  ]
}

/** A login that serves one home alone belongs to that home's role. */
const homeRoleBehind = (name: string, prefix: string): string =>
  name.startsWith(prefix) ? `${prefix}${name.slice(prefix.length).replace(/^app_([a-z2-7]+)_[12]$/, 'h_$1')}` : name
