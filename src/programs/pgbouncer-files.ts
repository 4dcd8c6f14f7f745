import { fault } from '../kernel/faults.js'

export type PoolMode = 'session' | 'transaction' | 'statement'

/** Where PgBouncer sends what a client calls by a database's name. */
export interface PoolTarget {
  readonly host: string
  readonly port: number
  /** The database at the target. Default: the name that the client asked for. */
  readonly database?: string
}

export interface PgBouncerConfig {
  readonly port: number
  /** By the name that clients ask for; `*` stands for every other name. */
  readonly databases: Readonly<Record<string, PoolTarget>>
  readonly poolMode: PoolMode
  /** Server connections for each pair of user and database. */
  readonly poolSize: number
  readonly maxClients: number
  readonly adminUser: string
  readonly userlist: string
  /** Other settings of pgbouncer.ini. They win. */
  readonly settings: Readonly<Record<string, string | number>>
}

/** The text of pgbouncer.ini. Throws SETTING_INVALID for what would not stay one setting on one line. */
export function pgBouncerIni(config: PgBouncerConfig): string {
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: config.port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: config.userlist,
    admin_users: config.adminUser,
    pool_mode: config.poolMode,
    default_pool_size: config.poolSize,
    max_client_conn: config.maxClients,
    // Drivers send it at every connect; as a mere number of digits it is safe to leave to the server's default.
    ignore_startup_parameters: 'extra_float_digits',
    log_connections: 0,
    log_disconnections: 0,
    ...config.settings,
  }
  return [
    '[databases]',
    ...Object.entries(config.databases).map(([name, target]) => `${databaseKey(name)} = ${targetText(target)}`),
    '[pgbouncer]',
    ...Object.entries(settings).map(([name, value]) => `${name} = ${oneLine(name, String(value))}`),
    '',
  ].join('\n')
}

/**
 * The text of a userlist. A SCRAM verifier lets clients log in; PgBouncer can log in to the server by it only when the server stores
 * the very same verifier, so give the plain password where that is not so.
 */
export function userlistText(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([user, secret]) => `${userlistWord('user', user)} ${userlistWord('password', secret)}\n`)
    .join('')
}

const userlistWord = (what: string, text: string): string => `"${oneLine(`the ${what} of a pooler's user`, text).replaceAll('"', '""')}"`

/** The name of a database as [databases] has it. */
export const databaseKey = (name: string): string =>
  name === '*' ? '*' : `"${oneLine('a database of the pooler', name).replaceAll('"', '""')}"`

/** Where it leads. */
export function targetText({ host, port, database }: PoolTarget): string {
  const parts = [['host', host], ['port', String(port)], ...(database === undefined ? [] : [['dbname', database]])] as [string, string][]
  return parts.map(([key, value]) => `${key}='${oneLine(key, value).replaceAll("'", "''")}'`).join(' ')
}

/** Throws SETTING_INVALID for what would begin another line. */
export function oneLine(setting: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw fault('SETTING_INVALID', { setting, reason: 'it has one line' })
  return text
}
