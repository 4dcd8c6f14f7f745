import { type Sql, sql } from '../../kernel/sql.js'
import { tenantColumnOf } from '../model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, POOLER_SCHEMA } from '../names.js'
import { roleExists } from '../roles.js'
import { mayReadMaterialised, type Relation, relationsOf } from '../walls.js'
import type { DatabaseSubject } from './subject.js'

/** A right as one text, so that what is there and what should be there compare as sets. */
export const grantKey = (kind: string, schema: string, object: string, column: string, grantee: string, privilege: string): string =>
  [kind, schema, object, column, grantee, privilege].join('\t')

export interface ExpectedGrants {
  readonly required: ReadonlySet<string>
  /** Of objects that a login may use: any login of the platform may have them, also one that has no home here any more. */
  readonly logins: ReadonlySet<string>
}

const ROWS = ['select', 'insert', 'update', 'delete']
const ENTRANCES = ['enter_v1', 'enter_v2', 'hold_v1', 'wait_v1', 'no_entrance_v1', 'database_id', 'hold_home_v1', 'wait_home_v1']

type HomeRelation = Pick<Relation, 'name' | 'kind'> & { readonly schema: string }

// Partitions are reached through their parent, and nobody has a right on them.
const relationsOfHomes = (schemas: readonly string[]): Sql<HomeRelation> => sql<HomeRelation>`
  select n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
  where n.nspname = any (${schemas}::text[])`

/** Who should have which right in a tenant-bearing database: what raising the walls and letting the logins in comes to. */
export async function expectedGrants(subject: DatabaseSubject): Promise<ExpectedGrants> {
  const { database, names, homes, hidden, tenantColumn } = subject
  const required = new Set<string>()
  const grant = (
    kind: string,
    schema: string,
    object: string,
    grantees: readonly string[],
    privileges: readonly string[],
    column = '',
    into = required,
  ) => {
    for (const grantee of grantees) for (const privilege of privileges) into.add(grantKey(kind, schema, object, column, grantee, privilege))
  }
  const everyone = [names.tenant, names.code, names.owner]
  for (const schema of ['tenantry', EXTENSION_SCHEMA, PLATFORM_SCHEMA]) grant('schema', schema, '', everyone, ['usage'])
  for (const name of ['tenant', 'actor', 'request', 'no_tenant', 'fact']) grant('function', 'tenantry', name, everyone, ['execute'])
  const bySchema = new Map(homes.map((home) => [home.schema, home]))
  for (const home of homes) grant('schema', home.schema, '', [home.role, names.code], ['usage'])
  for (const { schema, kind, name } of await database.rows(relationsOfHomes([...bySchema.keys()]))) {
    const home = bySchema.get(schema)!
    if (kind === 'r' || kind === 'p') grant('table', schema, name, [home.role], ROWS)
    else if (kind === 'v') grant('table', schema, name, [home.role], ['select'])
    else {
      const readers = mayReadMaterialised(home, tenantColumnOf(home, tenantColumn)) ? [home.role, names.code] : [names.code]
      grant('table', schema, name, readers, ['select'])
    }
  }
  for (const relation of await database.rows(relationsOf(PLATFORM_SCHEMA, tenantColumn))) grantPlatformTable(relation)
  // The pooler's own login, where there is one, may ask one thing.
  if (subject.installation.hardened && (await database.maybe(roleExists(names.pooler))) !== undefined) {
    grant('database', '', '', [names.pooler], ['connect'])
    grant('schema', POOLER_SCHEMA, '', [names.pooler], ['usage'])
    grant('function', POOLER_SCHEMA, 'login_v1', [names.pooler], ['execute'])
  }
  const logins = new Set<string>()
  // Of a login without a name, for those that have no home here any more.
  for (const login of [...subject.logins, '']) {
    const into = login === '' ? logins : required
    grant('database', '', '', [login], ['connect'], '', into)
    grant('schema', 'tenantry', '', [login], ['usage'], '', into)
    for (const name of ENTRANCES) grant('function', 'tenantry', name, [login], ['execute'], '', into)
    for (const name of ['entrance_v1', 'placement_stamp']) grant('table', 'tenantry', name, [login], ['select'], '', into)
  }
  return { required, logins }

  function grantPlatformTable({ name, kind, partition, tenanted, columns }: Relation): void {
    if (partition || kind === 'm') return
    const concealed = hidden[name] ?? []
    const readable = kind === 'v' || concealed.length === 0 ? [''] : columns.filter((column) => !concealed.includes(column))
    const writes = tenanted && kind !== 'v'
    for (const column of readable)
      grant('table', PLATFORM_SCHEMA, name, [names.tenant], writes ? ['select', 'insert', 'update'] : ['select'], column)
    if (writes) grant('table', PLATFORM_SCHEMA, name, [names.tenant], ['delete'])
    if (kind !== 'v') grant('table', PLATFORM_SCHEMA, name, [names.code], writes ? ROWS : ['select'])
  }
}
