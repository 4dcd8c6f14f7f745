import { ident, literal, type Sql, sql } from '../../kernel/sql.js'
import { type Deviation, isDangerous, type Setting } from '../doctor/settings.js'
import { LOGIN_SETTINGS } from '../roles.js'

// What only makes the sessions of a login slower, faster, or more or less watched may be an administrator's choice. Everything else can stop the statements
// of everybody who logs in, or make them mean something else.
const TUNING =
  /^(application_name|(log|track|debug|trace|auto_explain|pg_stat_statements)[._]\w+|client_min_messages|(enable|jit|geqo|parallel|max_parallel|min_parallel|effective|vacuum|compute)_\w+|jit|geqo|\w+_(mem|cost|cost_limit|cost_delay|limit_kb|io_concurrency|flush_after|collapse_limit)|(temp|wal)_buffers|hash_mem_multiplier|cursor_tuple_fraction|recursive_worktable_factor|constraint_exclusion|default_statistics_target|plan_cache_mode|commit_(delay|siblings)|synchronous_commit|tcp_\w+|stats_fetch_consistency)$/i

/** A setting of a role that is to be taken back. */
export interface Mending {
  readonly role: string
  readonly says: string
  readonly statement: Sql
}

/** How a deviation is taken back; undefined where it is only to be told. What is set for a whole database is its owner's. `isLogin`: sessions begin with it. */
export function mendingOf({ found, own }: Deviation, isLogin: (role: string) => boolean): Mending | undefined {
  const one = found ?? own!
  const { role, name } = one
  if (role === '') return undefined
  const right = own ?? ownOf(one, isLogin)
  if (found === undefined) {
    // A home that is being made has none yet; scopes set their own anyway.
    if (name === 'search_path' && one.database !== '') return undefined
    return { role, statement: alter(one, right), says: `${place(one)} had lost its ${name}, and has ${one.value} again` }
  }
  if (right === undefined && !isDangerous(name) && !(isLogin(role) && !name.includes('.') && !TUNING.test(name))) return undefined
  const now = right === undefined ? 'has been taken away' : `is ${right.value} again`
  return { role, statement: alter(one, right), says: `${place(one)} had ${name} set to ${found.value}, which ${now}` }
}

/** Every login of ours is made alike, also those that the catalog does not name at the moment. */
function ownOf({ role, database, name }: Setting, isLogin: (role: string) => boolean): Setting | undefined {
  if (database !== '' || !isLogin(role) || !Object.hasOwn(LOGIN_SETTINGS, name)) return undefined
  return { role, database, name, value: (LOGIN_SETTINGS as Readonly<Record<string, string>>)[name]! }
}

const place = ({ role, database }: Setting): string => (database === '' ? role : `${role} in ${database}`)

function alter({ role, database, name }: Setting, right: Setting | undefined): Sql {
  const subject = database === '' ? sql`role ${ident(role)}` : sql`role ${ident(role)} in database ${ident(database)}`
  const setting = ident(...(name.split('.') as [string, ...string[]]))
  if (right === undefined) return sql`alter ${subject} reset ${setting}`
  return sql`alter ${subject} set ${setting} = ${name === 'search_path' ? path(right.value) : literal(right.value)}`
}

/** `a, "B c", d`, as quote_ident writes names, is a list and not one name. */
function path(value: string): Sql {
  const names = [...value.matchAll(/"((?:[^"]|"")+)"|[^\s,"]+/g)].map(([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole)
  return names.slice(1).reduce((list, name) => sql`${list}, ${ident(name)}`, ident(names[0]!))
}

// --- passwords

/** By login, another value whenever its password has changed. */
export const verifierMarks = (prefix: string): Sql<{ login: string; mark: string }> => sql<{ login: string; mark: string }>`
  select rolname::text as login, hashtextextended(coalesce(rolpassword, ''), 0)::text as mark
  from pg_catalog.pg_authid
  where starts_with(rolname, ${prefix}) and rolcanlogin
  order by 1`

export const verifierOf = (login: string): Sql<{ verifier: string | null }> => sql<{ verifier: string | null }>`
  select rolpassword as verifier from pg_catalog.pg_authid where rolname = ${login}`

/** Of a password that was compared before: nobody has changed it since. */
export const stillHasVerifier = (login: string, verifier: string | null): Sql<{ same: boolean }> => sql<{ same: boolean }>`
  select rolpassword is not distinct from ${verifier} as same from pg_catalog.pg_authid where rolname = ${login}`

export const setVerifier = (login: string, verifier: string): Sql => sql`alter role ${ident(login)} password ${literal(verifier)}`
