import { ident, type Sql, sql } from '../../kernel/sql.js'
import { isSecret } from '../advisor/secrets.js'
import { otherLogin } from '../names.js'
import { LOGIN_SETTINGS } from '../roles.js'
import { type Finding, rolePrefix, told } from './finding.js'
import type { ClusterSubject } from './subject.js'

export interface Setting {
  /** Empty for a setting of the whole database. */
  readonly role: string
  /** Empty for a setting in every database. */
  readonly database: string
  readonly name: string
  readonly value: string
}

const settingsOf = (prefix: string, databases: readonly string[]): Sql<Setting> => sql<Setting>`
  select coalesce(r.rolname, '')::text as role, coalesce(d.datname, '')::text as database,
         split_part(c.setting, '=', 1) as name, substr(c.setting, strpos(c.setting, '=') + 1) as value
  from pg_catalog.pg_db_role_setting s
  cross join unnest(s.setconfig) as c (setting)
  left join pg_catalog.pg_roles r on r.oid = s.setrole
  left join pg_catalog.pg_database d on d.oid = s.setdatabase
  where (starts_with(r.rolname, ${prefix}) or (s.setrole = 0 and d.datname = any (${databases}::text[])))
    -- What looks like a secret is found by a rule of the advisor, which does not repeat its value.
    and not ${isSecret(sql`split_part(c.setting, '=', 1)`, sql`substr(c.setting, strpos(c.setting, '=') + 1)`)}
  order by 1, 2, 3`

// They decide as whom statements run, which rows are seen, and where names are looked up.
const DANGEROUS = /^(role|session_authorization|row_security|search_path|(session|local)_preload_libraries|tenantry\..*)$/i

/** Does it decide whose rows are seen, or where names are looked up? */
export const isDangerous = (name: string): boolean => DANGEROUS.test(name)

export type SettingsSubject = Pick<ClusterSubject, 'server' | 'platformId' | 'names' | 'databases' | 'logins'> & {
  readonly homes: readonly Pick<ClusterSubject['homes'][number], 'isolation' | 'schema' | 'login' | 'database'>[]
}

/** What is not as it was made: `found` where something is set, `own` where something should be. */
export interface Deviation {
  readonly found: Setting | undefined
  readonly own: Setting | undefined
}

export async function settingDeviations(subject: SettingsSubject): Promise<readonly Deviation[]> {
  const { server, platformId, names, databases, logins, homes } = subject
  const found = await server.rows(
    settingsOf(
      rolePrefix(platformId),
      databases.map((database) => database.name),
    ),
  )
  const wanted = new Map<string, Setting>()
  const want = (setting: Setting): void => void wanted.set(keyOf(setting), setting)
  for (const role of logins) for (const [name, value] of Object.entries(LOGIN_SETTINGS)) want({ role, database: '', name, value })
  const begun = homes.filter((home) => home.isolation !== 'schema')
  const quoted = await quotedNames(
    subject,
    begun.map((home) => home.schema),
  )
  for (const { login: role, database, schema } of begun)
    want({ role, database, name: 'search_path', value: `${quoted.get(schema)}, ext, pg_temp` })
  const [active, known] = [new Set(logins), new Set(databases.map((database) => database.name))]
  const there = new Set(found.map(keyOf))
  return [
    ...found
      .filter((one) => wanted.get(keyOf(one))?.value !== one.value && !isElsewhere(one))
      .map((one) => ({ found: one, own: wanted.get(keyOf(one)) })),
    ...[...wanted.values()].filter((one) => !there.has(keyOf(one))).map((own) => ({ found: undefined, own })),
  ]

  // The resolver's and those of logins of other homes are made in the same way; a home that is being made sets its search_path before it is live.
  function isElsewhere({ role, database, name, value }: Setting): boolean {
    const login = role === names.resolver || role === names.pooler || role.startsWith(`${rolePrefix(platformId)}app`)
    if (!login) return false
    if (database === '') return !active.has(role) && (LOGIN_SETTINGS as Readonly<Record<string, string>>)[name] === value
    // The other login of a pair keeps what it had.
    if (wanted.get(keyOf({ role: otherLogin(role), database, name }))?.value === value) return true
    return name === 'search_path' && !known.has(database)
  }
}

/** Settings that a role or a database begins every session with. */
export async function checkSettings(subject: ClusterSubject): Promise<readonly Finding[]> {
  const place = ({ role, database }: Setting): string => `${subject.where}/${[database, role].filter((part) => part !== '').join('/')}`
  return (await settingDeviations(subject)).map(({ found, own }) => {
    const one = found ?? own!
    if (found === undefined)
      return told('settings.drift', place(one), `${one.name} is not set to ${one.value} any more`, alter(one, one), 'TL19')
    const check = isDangerous(one.name) ? 'settings.dangerous' : 'settings.drift'
    return told(
      check,
      place(one),
      `${one.name} is set to ${one.value}${own === undefined ? '' : ` and not to ${own.value}`}`,
      alter(one, own),
      'TL19',
    )
  })
}

const keyOf = ({ role, database, name }: Omit<Setting, 'value'>): string => `${role}\t${database}\t${name}`

async function quotedNames({ server }: SettingsSubject, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await server.rows(sql<{ name: string; quoted: string }>`
    select distinct name, quote_ident(name) as quoted from unnest(${names}::text[]) as name`)
  return new Map(rows.map(({ name, quoted }) => [name, quoted]))
}

function alter({ role, database, name }: Setting, own: Setting | undefined): string {
  const subject =
    role === ''
      ? `database ${ident(database).text}`
      : `role ${ident(role).text}${database === '' ? '' : ` in database ${ident(database).text}`}`
  if (own === undefined) return `alter ${subject} reset ${name}`
  return `alter ${subject} set ${name} = ${name === 'search_path' ? own.value : `'${own.value}'`}`
}
