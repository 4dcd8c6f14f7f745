import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { LintId } from '../advisor/ids.js'
import { admitLogin, installDatabase } from '../install.js'
import { tenantColumnOf } from '../model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, POOLER_SCHEMA } from '../names.js'
import { raiseHomeWalls, raisePlatformWalls } from '../walls.js'
import { expectedGrants, grantKey } from './expected-grants.js'
import { type Finding, inTransaction, type Repair, repairable, rolePrefix, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

interface Grant {
  readonly kind: 'database' | 'schema' | 'table' | 'function'
  /** Which kind of table. */
  readonly relation: 'table' | 'view' | 'materialised view' | 'sequence' | 'partition' | ''
  readonly schema: string
  readonly object: string
  readonly column: string
  readonly grantee: string
  readonly privilege: string
}

const relationKind = sql`
  case when c.relispartition then 'partition' when c.relkind = 'm' then 'materialised view' when c.relkind = 'S' then 'sequence'
    when c.relkind = 'v' then 'view' else 'table' end`

// A list of rights that is null stands for the defaults. Functions of homes keep theirs for PUBLIC: who may not use the schema does not reach them.
const grantsIn = (schemas: readonly string[]): Sql<Grant> => sql<Grant>`
  with object as (
    select 'database' as kind, '' as relation, '' as schema, '' as object, '' as "column", d.datdba as owner, coalesce(d.datacl, acldefault('d', d.datdba)) as acl
    from pg_catalog.pg_database d
    where d.datname = current_database()
    union all
    select 'schema', '', n.nspname, '', '', n.nspowner, n.nspacl
    from pg_catalog.pg_namespace n
    where n.nspname = any (${schemas}::text[])
    union all
    select 'table', ${relationKind}, n.nspname, c.relname, '', c.relowner, c.relacl
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (${schemas}::text[])
    union all
    select 'table', ${relationKind}, n.nspname, c.relname, a.attname, c.relowner, a.attacl
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (${schemas}::text[]) and a.attacl is not null
    union all
    select 'function', '', n.nspname, p.proname, '', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any (${schemas}::text[]) and n.nspname <> ${EXTENSION_SCHEMA}
  )
  select distinct o.kind, o.relation, o.schema::text as schema, o.object::text as object, o."column"::text as "column",
         case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end as grantee, lower(a.privilege_type) as privilege
  from object o
  cross join aclexplode(o.acl) a
  where a.grantee <> o.owner
    and not (o.kind = 'function' and a.grantee = 0 and o.schema not in ('tenantry', 'tenantry_pooler'))
    and not (o.kind = 'table' and o.schema = ${EXTENSION_SCHEMA})
  order by 1, 3, 4, 5, 6, 7`

/** Who has which right on what is ours, compared with who should. */
export async function checkGrants(subject: DatabaseSubject): Promise<readonly Finding[]> {
  const { database, homes } = subject
  const schemas = ['tenantry', POOLER_SCHEMA, EXTENSION_SCHEMA, PLATFORM_SCHEMA, ...homes.map((home) => home.schema)]
  const found = await database.rows(grantsIn(schemas))
  const { required, logins } = await expectedGrants(subject)
  const key = ({ kind, schema, object, column, grantee, privilege }: Grant) => grantKey(kind, schema, object, column, grantee, privilege)
  const ours = rolePrefix(subject.installation.platformId)
  const forAnyLogin = (grant: Grant) => grant.grantee.startsWith(`${ours}app`) && logins.has(key({ ...grant, grantee: '' }))
  const extra = found.filter((grant) => !required.has(key(grant)) && !forAnyLogin(grant))
  const there = new Set(found.map(key))
  const missing = [...required].filter((wanted) => !there.has(wanted)).map(grantOf)
  return [
    ...grouped(extra).map(([grant, privileges]) => extraFinding(subject, grant, privileges, ours)),
    ...grouped(missing).map(([grant, privileges]) =>
      repairable('grants.missing', placeOf(subject, grant), `${grant.grantee} lacks ${privileges}`, raiseAgain(subject, grant)),
    ),
    ...(await missingInside(subject)),
  ]
}

function grantOf(text: string): Grant {
  const [kind, schema, object, column, grantee, privilege] = text.split('\t') as [Grant['kind'], string, string, string, string, string]
  return { kind, relation: '', schema, object, column, grantee, privilege }
}

/** One finding per object and role, with all its rights. */
function grouped(grants: readonly Grant[]): readonly (readonly [Grant, string])[] {
  const groups = new Map<string, Grant[]>()
  for (const grant of grants) {
    const key = [grant.kind, grant.schema, grant.object, grant.grantee].join('\t')
    groups.set(key, [...(groups.get(key) ?? []), grant])
  }
  return [...groups.values()].map((group) => [group[0]!, [...new Set(group.map((grant) => grant.privilege))].join(', ')])
}

const placeOf = ({ where }: DatabaseSubject, { kind, schema, object }: Grant): string =>
  kind === 'database' ? where : `${where}/${schema}${object === '' ? '' : `.${object}`}${kind === 'function' ? '()' : ''}`

function extraFinding(subject: DatabaseSubject, grant: Grant, privileges: string, ours: string): Finding {
  const { grantee } = grant
  const isPublic = grantee === 'public'
  const check = isPublic ? 'grants.public' : grantee.startsWith(`${ours}app`) ? 'grants.login' : 'grants.extra'
  const reason = `${isPublic ? 'PUBLIC' : grantee} has ${privileges}`
  const lint = lintOf(grant, privileges)
  const revoke = revokeAll(subject, grant)
  // What a stranger's role was given may be meant; what PUBLIC or a role of ours has beyond its own never is.
  if (!isPublic && !grantee.startsWith(ours)) return told(check, placeOf(subject, grant), reason, revoke.text, lint)
  const again = raiseAgain(subject, grant)
  const repair: Repair = async (database, by) => {
    await statements(revoke)(database, by)
    // Taken with what was too much is what the role needs.
    if (!isPublic) await again(database, by)
  }
  return repairable(check, placeOf(subject, grant), reason, repair, lint)
}

const LINT_OF_RELATION = {
  sequence: 'TL25',
  partition: 'TL04',
  'materialised view': 'TL13',
  table: 'TL14',
  view: 'TL14',
  '': undefined,
} as const

/** Which rule a right breaks that somebody has too much. */
function lintOf({ kind, relation, schema, grantee }: Grant, privileges: string): LintId | undefined {
  if (kind === 'table') return schema === 'tenantry' ? undefined : LINT_OF_RELATION[relation]
  if (/create|temporary/.test(privileges) && !privileges.includes('connect')) return 'TL15'
  if (grantee !== 'public') return undefined
  return kind === 'database' ? 'TL17' : 'TL16'
}

function revokeAll({ database }: DatabaseSubject, { kind, schema, object, grantee }: Grant): Sql {
  const from = grantee === 'public' ? sql`public` : ident(grantee)
  if (kind === 'database') return sql`revoke all on database ${ident(database.config.database)} from ${from}`
  if (kind === 'schema') return sql`revoke all on schema ${ident(schema)} from ${from}`
  // By name alone a function of several signatures is not known; of one role, all functions of the schema lose what none should have.
  if (kind === 'function') return sql`revoke all on all functions in schema ${ident(schema)} from ${from}`
  return sql`revoke all on table ${ident(schema, object)} from ${from}`
}

/** Raises again what the right belongs to: a home, the platform tables, or what Tenantry has installed. */
function raiseAgain(subject: DatabaseSubject, { schema }: Grant): Repair {
  const { names, tenantColumn, hidden, installation } = subject
  return async (database, by) => {
    const home = subject.homes.find((one) => one.schema === schema)
    if (home !== undefined)
      return inTransaction(async (session) => {
        await raiseHomeWalls(session, home, names, tenantColumnOf(home, tenantColumn))
      })(database, by)
    await installDatabase(database, by, installation)
    for (const login of subject.logins) await admitLogin(database, login, installation.hardened)
    await inTransaction((session) => raisePlatformWalls(session, names, tenantColumn, hidden))(database, by)
  }
}

/** What a hardened database has taken from PUBLIC and given back to those who need it. */
async function missingInside(subject: DatabaseSubject): Promise<readonly Finding[]> {
  if (!subject.installation.hardened) return []
  const rows = await subject.database.rows(sql<{ grantee: string; what: string }>`
    select r.rolname::text as grantee, f.what
    from pg_catalog.pg_roles r
    cross join (values ('set_config(text,text,boolean)'), ('pg_try_advisory_xact_lock_shared(bigint)')) as f (what)
    where r.rolname = any (${subject.logins}::text[])
      and not has_function_privilege(r.oid, 'pg_catalog.' || f.what, 'execute')
    union all
    select r.rolname::text, 'language ' || l.lanname
    from pg_catalog.pg_roles r
    cross join pg_catalog.pg_language l
    where r.rolname = any (${[subject.names.owner, subject.names.code]}::text[])
      and l.lanname in ('plpgsql', 'sql')
      and not has_language_privilege(r.oid, l.oid, 'usage')
    order by 1, 2`)
  const repair = raiseAgain(subject, {
    kind: 'schema',
    relation: '',
    schema: 'tenantry',
    object: '',
    column: '',
    grantee: '',
    privilege: '',
  })
  return rows.map(({ grantee, what }) => repairable('grants.missing', `${subject.where}/${what}`, `${grantee} lacks it`, repair))
}
