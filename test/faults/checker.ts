import { createHash, createHmac } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type WayIn, wayIn } from '../support/way-in.js'
import type { Eyes } from './eyes.js'

// Shares no code with what it checks: the plain driver, SQL of its own, and the project's files.

export interface Subject {
  readonly eyes: Eyes
  readonly catalog: string
  /** What the names of all databases of the platform begin with. */
  readonly prefix: string
  /** Of the application's logins. */
  readonly password: string
  /** The project's migrations. */
  readonly migrations: string
  /** A database on each further server of the platform, besides that of the catalog. */
  readonly others?: readonly string[]
}

/** Where a tenant should be, by the catalog. */
export interface Place {
  readonly id: string
  readonly state: string
  readonly isolation: string
  readonly epoch: string
  readonly home: string
  readonly home_isolation: string
  readonly home_state: string
  readonly schema: string
  readonly role: string
  readonly login: string
  readonly version: string
  readonly applied: number
  readonly database_id: string
  readonly database: string
  readonly database_state: string
}

export interface Expected {
  readonly state: 'active' | 'suspended' | 'read_only' | 'deleted'
  readonly isolation: string
  /** A tenant that was made in peace: the home must be like this one's in everything. */
  readonly like?: string
  /** On a cluster without a superuser the owner of a table stands above its row-level security. */
  readonly forced?: boolean
}

interface Relation {
  readonly kind: 'table' | 'partition' | 'view'
  /** Initials of what a home's role may do with it: delete, insert, select, update. */
  readonly rights: string
}

// What the contract's migrations make. A materialised view knows no row-level security, so nobody may read it directly where others can come to the home's role.
const relationsOf = (isolation: string): Readonly<Record<string, Relation>> => ({
  author: { kind: 'table', rights: 'DISU' },
  note: { kind: 'table', rights: 'DISU' },
  measure: { kind: 'table', rights: 'DISU' },
  event: { kind: 'table', rights: 'DISU' },
  event_old: { kind: 'partition', rights: '' },
  event_rest: { kind: 'partition', rights: '' },
  note_body: { kind: 'view', rights: 'S' },
  note_total: { kind: 'view', rights: isolation === 'database' ? 'S' : '' },
  note_totals: { kind: 'view', rights: 'S' },
})

/** Is the tenant there exactly once, whole and usable? Answers what is wrong. */
export async function checkTenant(subject: Subject, slug: string, expected: Expected): Promise<readonly string[]> {
  const { eyes, catalog } = subject
  const places = await placesOf(subject, slug)
  if (places.length !== 1) return [`${slug}: there are ${places.length} rows of tenant, placement, home and database, not one`]
  const place = places[0]!
  const wrong: string[] = []
  const equal = (what: string, found: unknown, wanted: unknown): void => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
    if (a !== b) wrong.push(`${slug}: ${what} is ${a}, not ${b}`)
  }
  equal('the state in the catalog', place.state, expected.state)
  equal('the isolation', [place.isolation, place.home_isolation], [expected.isolation, expected.isolation])
  equal('the state of home and database', [place.home_state, place.database_state], ['live', 'live'])
  const files = await migrationFiles(subject, 'tenant')
  equal('the version of the home in the catalog', [place.version, place.applied], [files.at(-1)?.version, files.length])

  const local = await eyes.see(
    place.database,
    `select p.home_id, p.epoch::text, p.state, p.role_name, p.search_path, p.version, h.isolation, h.schema_name, h.role_name as home_role, h.version as home_version
     from tenantry.placement p join tenantry.home h on h.id = p.home_id where p.tenant_id = $1`,
    [place.id],
  )
  equal('the placement in its database', local, [
    {
      home_id: place.home,
      epoch: place.epoch,
      state: expected.state === 'deleted' ? 'suspended' : expected.state,
      role_name: place.role,
      search_path: `${place.schema}, ext, pg_temp`,
      version: place.version,
      isolation: expected.isolation,
      schema_name: place.schema,
      home_role: place.role,
      home_version: place.version,
    },
  ])
  const [identity] = await eyes.see(place.database, 'select database_id, tenantry.database_id() as constant from tenantry.identity')
  equal('the identity of the database', identity, { database_id: place.database_id, constant: place.database_id })
  const ledger = 'select version, checksum from tenantry.migration where home_id = $1 order by version'
  equal('the ledger', await eyes.see(place.database, ledger, [place.home]), files)
  const platformFiles = await migrationFiles(subject, 'platform')
  equal("the platform tables' ledger", await eyes.see(place.database, ledger, ['00000000-0000-0000-0000-000000000000']), platformFiles)

  wrong.push(...(await checkHome(subject, slug, place, expected)))
  if (expected.like !== undefined) {
    const [model] = await placesOf(subject, expected.like)
    equal('the home, compared with one made in peace,', await fingerprint(eyes, place), await fingerprint(eyes, model!))
  }
  equal(
    'what happens to a scope',
    await enter(subject, place),
    expected.state === 'active' ? 'wrote' : { suspended: 'TN003', deleted: 'TN003', read_only: 'TN006' }[expected.state],
  )
  const [resolved] = await eyes.see<{ found: { epoch: string; state: string } }>(catalog, 'select catalog.resolve_v1($1) as found', [slug])
  equal('what applications are told', [resolved?.found.epoch, resolved?.found.state], [place.epoch, expected.state])
  return wrong
}

export const placesOf = ({ eyes, catalog }: Subject, slug: string): Promise<readonly Place[]> =>
  eyes.see<Place>(
    catalog,
    `select t.id, t.state, t.isolation, p.epoch::text, h.id as home, h.isolation as home_isolation, h.state as home_state, h.schema_name as schema,
            h.role_name as role, h.login_name as login, h.version, h.applied, d.id as database_id, d.name as database, d.state as database_state
     from catalog.tenant t
     left join catalog.placement p on p.tenant_id = t.id
     left join catalog.home h on h.id = p.home_id
     left join catalog.database d on d.id = h.database_id
     where t.slug = $1`,
    [slug],
  )

async function migrationFiles({ migrations }: Subject, kind: string): Promise<readonly { version: string; checksum: string }[]> {
  const names = (await readdir(join(migrations, kind))).filter((name) => name.endsWith('.sql')).sort()
  const checksum = (text: string): string => createHash('sha256').update(text).digest('hex')
  return Promise.all(
    names.map(async (name) => ({ version: name.split('_')[0]!, checksum: checksum(await readFile(join(migrations, kind, name), 'utf8')) })),
  )
}

/** Tables, grants, walls and roles of a home. */
async function checkHome({ eyes }: Subject, slug: string, place: Place, { forced = true }: Expected): Promise<readonly string[]> {
  const wrong: string[] = []
  const relations = await eyes.see<{ name: string; rights: string; rls: boolean; forced: boolean; policies: string[]; tenanted: boolean }>(
    place.database,
    `select c.relname::text as name,
            coalesce((select string_agg(substr(a.privilege_type, 1, 1), '' order by a.privilege_type) from aclexplode(c.relacl) a
                      where a.grantee = to_regrole(quote_ident($2))), '') as rights,
            c.relrowsecurity as rls, c.relforcerowsecurity as forced,
            coalesce((select array_agg(p.polname::text || case when p.polpermissive then '' else ' restrictive' end order by p.polname)
                      from pg_policy p where p.polrelid = c.oid), '{}') as policies
     from pg_class c where c.relnamespace = to_regnamespace(quote_ident($1)) and c.relkind in ('r', 'p', 'v', 'm', 'S')
       and c.relname !~ '_seq$'`,
    [place.schema, place.role],
  )
  const found = new Map(relations.map((relation) => [relation.name, relation]))
  const names = [...found.keys()].sort().join(' ')
  const made = relationsOf(place.isolation)
  const wanted = Object.keys(made).sort().join(' ')
  if (names !== wanted) wrong.push(`${slug}: the schema ${place.schema} has [${names}], not [${wanted}]`)
  for (const [name, { kind, rights }] of Object.entries(made)) {
    const relation = found.get(name)
    if (relation === undefined) continue
    if (relation.rights !== rights) wrong.push(`${slug}: the role may do "${relation.rights}" with ${name}`)
    if (kind === 'view') continue
    const policies = relation.policies.join(', ')
    const wantedPolicies = kind === 'table' ? 'tenantry_fence restrictive, tenantry_tenant' : ''
    if (!relation.rls || relation.forced !== forced || policies !== wantedPolicies) {
      wrong.push(`${slug}: the wall of ${name} is rls=${relation.rls} forced=${relation.forced} [${policies}]`)
    }
  }
  const [role] = await eyes.see<{ found: boolean; harmless: boolean; of: string[]; members: string[] }>(
    place.database,
    `select true as found, not (rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) as harmless,
            array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid) as of,
            array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.member where m.roleid = r.oid and g.rolname ~ '^tny_') as members
     from pg_roles r where rolname = $1`,
    [place.role],
  )
  if (role === undefined) wrong.push(`${slug}: the role ${place.role} is not there`)
  else {
    const tenantRole = place.role.replace(/_h_.*$/, '_tenant')
    if (!role.harmless) wrong.push(`${slug}: the role ${place.role} may do more than it should`)
    if (role.of.join() !== tenantRole) wrong.push(`${slug}: the role is a member of [${role.of}]`)
    if (role.members.join() !== place.login) wrong.push(`${slug}: members of the role are [${role.members}]`)
  }
  return wrong
}

/** Everything about a home that can be compared with another: the schema, and for a home with a database of its own that as well. */
async function fingerprint(eyes: Eyes, place: Place): Promise<readonly string[]> {
  const rows = await eyes.see<{ line: string }>(
    place.database,
    `with here as (
       select oid, nspname, nspowner, nspacl from pg_namespace
       where nspname = $1 or ($2 = 'database' and nspname in ('platform', 'tenantry', 'ext', 'public'))
     ), lines (object, what, acl) as (
       select n.nspname::text, 'schema of ' || n.nspowner::regrole, n.nspacl from here n
       union all
       select n.nspname || '.' || c.relname,
              format('%s of %s, rls %s %s, options %s', c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.reloptions), c.relacl
         from pg_class c join here n on n.oid = c.relnamespace
       union all
       select n.nspname || '.' || c.relname || '.' || a.attname,
              format('%s %s default %s', format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)), a.attacl
         from pg_class c join here n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
       union all
       select n.nspname || '.' || c.relname || '!' || p.polname,
              format('%s %s %s %s %s', p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), null
         from pg_policy p join pg_class c on c.oid = p.polrelid join here n on n.oid = c.relnamespace
       union all
       select n.nspname || '.' || c.relname || '#' || k.conname, pg_get_constraintdef(k.oid), null
         from pg_constraint k join pg_class c on c.oid = k.conrelid join here n on n.oid = c.relnamespace
       union all
       select n.nspname || '.' || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')',
              format('function of %s, definer %s, %s', f.proowner::regrole, f.prosecdef, f.proconfig), f.proacl
         from pg_proc f join here n on n.oid = f.pronamespace
       union all
       select 'database', format('of %s', datdba::regrole), datacl from pg_database where $2 = 'database' and datname = current_database()
     )
     select object || ': ' || what || ' ' || coalesce((select string_agg(item::text, ' ' order by item::text) from unnest(acl) as item), '') as line
     from lines order by 1`,
    [place.schema, place.home_isolation],
  )
  return rows.map(({ line }) =>
    line.replaceAll(place.schema, '<schema>').replaceAll(place.role, '<role>').replaceAll(place.login, '<login>'),
  )
}

/** A home with a database of its own has a login of its own, whose password is derived from the secret. */
export const ownPassword = (login: string, secret: string): string =>
  /_app_[a-z2-7]+_[12]$/.test(login) ? createHmac('sha256', secret).update(`tenantry login ${login}`).digest('base64url') : secret

/** Goes the way of the application, with its login and without its library; answers `wrote`, or the SQLSTATE that stopped it. */
export async function enter({ eyes, catalog, password }: Subject, place: Place): Promise<string> {
  const client = await eyes.session(place.database, { user: place.login, password: ownPassword(place.login, password) })
  try {
    await client.query('begin')
    const [told] = await eyes.see<{ found: WayIn }>(catalog, 'select catalog.resolve_v3($1) as found', [place.id])
    const { text, values } = wayIn({ ...told!.found, epoch: String(place.epoch), version: place.version, databaseId: place.database_id })
    await client.query(text, [...values])
    const { rows } = await client.query(`
      with made as (insert into author (name) values ('probe') returning tenant_id, id)
      insert into note (body, author_id) select 'probe', id from made returning tenant_id`)
    await client.query('select * from note, note_body, note_totals, event, platform.plan')
    await client.query("insert into platform.account (email) values ('probe')")
    return rows[0].tenant_id === place.id ? 'wrote' : 'wrote for somebody else'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  } finally {
    await client.query('rollback').catch(() => {})
    await client.end()
  }
}

// The home's own, and logins that serve no other.
const ROLES_OF_HOME = "select from pg_roles where rolname = $1 or starts_with(rolname, replace($1, '_h_', '_app_') || '_')"

/** Is nothing left of a tenant whose creation was taken back? Answers what is. */
export async function checkGone(subject: Subject, slug: string): Promise<readonly string[]> {
  const { eyes, catalog } = subject
  const memories = await eyes.see<{
    id: string
    state: string
    tenant: string
    home: { id: string; schema: string; role: string }
    own_home: boolean
    database: { id: string; name: string }
    own_database: boolean
  }>(
    catalog,
    `select o.id, o.state, s.output ->> 'tenant' as tenant, s.output -> 'home' as home, (s.output ->> 'ownHome')::boolean as own_home,
            s.output -> 'database' as database, (s.output ->> 'ownDatabase')::boolean as own_database
     from catalog.operation o join catalog.operation_step s on s.operation_id = o.id and s.position = 0
     where o.name = 'tenant.create' and o.input ->> 'slug' = $1`,
    [slug],
  )
  if (memories.length !== 1) return [`${slug}: was created ${memories.length} times, not once`]
  const { id, state, tenant, home, own_home, database, own_database } = memories[0]!
  const left: string[] = []
  const none = async (what: string, where: string, text: string, values: readonly unknown[]): Promise<void> => {
    if ((await eyes.see(where, text, values)).length > 0) left.push(`${slug}: ${what} is left`)
  }
  if (state !== 'failed' && state !== 'cancelled') left.push(`${slug}: its creation is ${state}`)
  await none('a tenant in the catalog', catalog, 'select from catalog.tenant where slug = $1 or id = $2', [slug, tenant])
  await none('a placement in the catalog', catalog, 'select from catalog.placement where tenant_id = $1', [tenant])
  const audit = "select 1 from catalog.audit where operation_id = $1 and outcome = 'succeeded'"
  await none('an entry in the audit log that says it succeeded', catalog, audit, [id])
  const places = await Promise.all(
    [catalog, ...(subject.others ?? [])].map((one) => eyes.see(one, 'select from pg_database where datname = $1', [database.name])),
  )
  const databaseIsThere = places.flat().length === 1
  if (databaseIsThere === own_database) left.push(`${slug}: the database ${database.name} is ${databaseIsThere ? 'left' : 'gone'}`)
  if (own_database) await none('a database in the catalog', catalog, 'select from catalog.database where id = $1', [database.id])
  if (own_home) {
    await none('a home in the catalog', catalog, 'select from catalog.home where id = $1', [home.id])
    for (const one of [catalog, ...(subject.others ?? [])]) await none('a role', one, ROLES_OF_HOME, [home.role])
  }
  if (databaseIsThere) {
    await none('a placement', database.name, 'select from tenantry.placement where tenant_id = $1', [tenant])
    if (own_home) {
      await none('a home', database.name, 'select from tenantry.home where id = $1', [home.id])
      await none('a ledger', database.name, 'select from tenantry.migration where home_id = $1', [home.id])
      await none('a schema', database.name, 'select from pg_namespace where nspname = $1', [home.schema])
    }
  }
  return left
}

/** Is nothing left of a tenant that was purged, but its tombstone? Answers what is wrong. */
export async function checkPurged({ eyes, catalog, others = [] }: Subject, slug: string, place: Place): Promise<readonly string[]> {
  const left: string[] = []
  const none = async (what: string, where: string, text: string, values: readonly unknown[]): Promise<void> => {
    if ((await eyes.see(where, text, values)).length > 0) left.push(`${slug}: ${what} is left`)
  }
  const tombs = await eyes.see(catalog, 'select from catalog.tombstone where tenant_id = $1 and slug = $2', [place.id, slug])
  if (tombs.length !== 1) left.push(`${slug}: there are ${tombs.length} tombstones`)
  await none('a tenant', catalog, 'select from catalog.tenant where id = $1', [place.id])
  await none('a placement in the catalog', catalog, 'select from catalog.placement where tenant_id = $1', [place.id])
  const shared = place.isolation === 'shared'
  if (!shared) {
    await none('a home in the catalog', catalog, 'select from catalog.home where id = $1', [place.home])
    for (const one of [catalog, ...others]) await none('a role', one, ROLES_OF_HOME, [place.role])
  }
  if (place.isolation === 'database') {
    await none('a database in the catalog', catalog, 'select from catalog.database where id = $1', [place.database_id])
    for (const one of [catalog, ...others]) await none('a database', one, 'select from pg_database where datname = $1', [place.database])
    return left
  }
  await none('a placement', place.database, 'select from tenantry.placement where tenant_id = $1', [place.id])
  await none('rows of platform tables', place.database, 'select from platform.account where tenant_id = $1', [place.id])
  if (shared) {
    for (const table of ['author', 'note', 'event', 'measure', 'note_total']) {
      await none(`rows of ${table}`, place.database, `select from "${place.schema}".${table} where tenant_id = $1`, [place.id])
    }
  } else {
    await none('a schema', place.database, 'select from pg_namespace where nspname = $1', [place.schema])
    await none('a home', place.database, 'select from tenantry.home where id = $1', [place.home])
    await none('a ledger', place.database, 'select from tenantry.migration where home_id = $1', [place.home])
  }
  return left
}

/** Is the platform as a whole in order, with nothing going on? Answers what is not. */
export async function checkPlatform(subject: Subject): Promise<readonly string[]> {
  const { eyes, catalog, prefix, others = [] } = subject
  const wrong: string[] = []
  const same = (what: string, found: readonly string[], wanted: readonly string[]): void => {
    const [more, less] = [found.filter((one) => !wanted.includes(one)), wanted.filter((one) => !found.includes(one))]
    if (more.length > 0) wrong.push(`${what}: nobody knows of ${more.join(', ')}`)
    if (less.length > 0) wrong.push(`${what}: missing are ${less.join(', ')}`)
  }
  const list = async (database: string, text: string, values: readonly unknown[] = []): Promise<readonly string[]> =>
    (await eyes.see<{ one: string }>(database, text, values)).map(({ one }) => one)
  const onServers = async (text: string, values: readonly unknown[]): Promise<readonly string[]> =>
    (await Promise.all([catalog, ...others].map((one) => list(one, text, values)))).flat()
  const never = async (what: string, text: string): Promise<void> => {
    const found = await list(catalog, text)
    if (found.length > 0) wrong.push(`${what}: ${found.join(', ')}`)
  }

  await never(
    'still running',
    "select id::text || ' ' || name || ' ' || state as one from catalog.operation where state in ('running', 'undoing')",
  )
  await never('over, with a lease', 'select id::text as one from catalog.operation where ended_at is not null and lease_owner is not null')
  await never(
    'half-made',
    `
    select 'tenant ' || slug as one from catalog.tenant where state = 'creating'
    union all select 'home ' || schema_name from catalog.home where state = 'creating'
    union all select 'database ' || name from catalog.database where state = 'creating'
    union all select 'home beside ' || home_id from catalog.beside where state <> 'kept'`,
  )
  await never(
    'tenants without a placement',
    `
    select slug as one from catalog.tenant t where not exists (select from catalog.placement p where p.tenant_id = t.id)`,
  )
  await never(
    'homes of one tenant with another number of them',
    `
    select h.schema_name as one from catalog.home h
    left join (select home_id, tenant_id from catalog.placement union all select home_id, tenant_id from catalog.beside) p on p.home_id = h.id
    where h.isolation <> 'shared' group by h.id having count(p.tenant_id) <> 1`,
  )
  await never(
    'homes with another ledger than the others',
    `
    select schema_name as one from catalog.home where digest <> (select mode() within group (order by digest) from catalog.home)`,
  )
  await never(
    'succeeded with a gap in the journal',
    `
    select o.id::text || ' ' || o.name as one from catalog.operation o join catalog.operation_step s on s.operation_id = o.id
    where o.state = 'succeeded' group by o.id having count(*) <> max(s.position) + 1 or bool_or(s.state <> 'done')`,
  )
  await never(
    'not told exactly once in the audit log how it ended',
    `
    select o.id::text || ' ' || o.name as one from catalog.operation o
    left join catalog.audit a on a.operation_id = o.id and a.outcome <> 'accepted'
    group by o.id having count(a.id) <> 1 or max(a.outcome) <> o.state`,
  )

  const known = await list(catalog, 'select name as one from catalog.database')
  same('databases', await onServers('select datname::text as one from pg_database where starts_with(datname, $1)', [prefix]), [
    ...known,
    catalog,
  ])
  const [platform] = await eyes.see<{ id: string }>(catalog, 'select id from catalog.platform')
  const homeRoles = await onServers('select rolname::text as one from pg_roles where starts_with(rolname, $1)', [`tny_${platform!.id}_h_`])
  same('roles of homes', homeRoles, await list(catalog, 'select role_name as one from catalog.home'))

  for (const database of known) {
    const homes = await list(
      catalog,
      `select h.id || ' ' || h.isolation || ' ' || h.schema_name || ' ' || h.role_name || ' ' || h.version as one
       from catalog.home h join catalog.database d on d.id = h.database_id where d.name = $1`,
      [database],
    )
    const localHomes = "select id || ' ' || isolation || ' ' || schema_name || ' ' || role_name || ' ' || version as one from tenantry.home"
    same(`homes in ${database}`, await list(database, localHomes), homes)
    const schemas = await list(database, "select nspname::text as one from pg_namespace where nspname ~ '^t_'")
    same(`schemas in ${database}`, schemas, await list(database, 'select schema_name as one from tenantry.home'))
    const placements = await list(
      catalog,
      `select p.tenant_id || ' ' || p.home_id || ' ' || p.epoch || ' ' || case t.state when 'deleted' then 'suspended' when 'purging' then 'suspended' when 'warm' then 'active' else t.state end as one
       from catalog.placement p join catalog.tenant t on t.id = p.tenant_id
       join catalog.home h on h.id = p.home_id join catalog.database d on d.id = h.database_id where d.name = $1`,
      [database],
    )
    const localPlacements =
      "select tenant_id || ' ' || home_id || ' ' || epoch || ' ' || state as one from tenantry.placement where state <> 'moved'"
    same(`placements in ${database}`, await list(database, localPlacements), placements)
    // Where a tenant has moved away from, nothing but a home beside holds its place.
    const left = await list(database, "select tenant_id || ' ' || home_id as one from tenantry.placement where state = 'moved'")
    const beside = await list(catalog, "select tenant_id || ' ' || home_id as one from catalog.beside")
    const stale = left.filter((one) => !beside.includes(one))
    if (stale.length > 0) wrong.push(`placements left over in ${database}: ${stale.join(', ')}`)
    const ledgers = await list(database, 'select distinct home_id::text as one from tenantry.migration')
    same(
      `ledgers in ${database}`,
      ledgers.filter((home) => !/^[0-]+$/.test(home)),
      homes.map((home) => home.slice(0, 36)),
    )
    const fences = await list(database, 'select operation_id::text || token as one from tenantry.operation_fence')
    const tokens = await list(catalog, 'select id::text || token as one from catalog.operation')
    const ahead = fences.filter(
      (fence) => !tokens.some((token) => token.slice(0, 36) === fence.slice(0, 36) && Number(token.slice(36)) >= Number(fence.slice(36))),
    )
    if (ahead.length > 0) wrong.push(`fences in ${database} that no operation has reached: ${ahead.join(', ')}`)
  }
  const locks = `
    select d.datname::text as one from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and starts_with(d.datname, $1)
    union all select datname::text || ' ' || query from pg_stat_activity where starts_with(datname, $1) and state like 'idle in transaction%'`
  const held = await onServers(locks, [prefix])
  if (held.length > 0) wrong.push(`locks or transactions left open in ${held.join(', ')}`)
  return wrong
}
