import { fault } from '../kernel/faults.js'

/** One kind of who may come in. Where several are named in one field, each of them is meant. */
export interface HbaRule {
  /** In words. */
  readonly because: string
  /** `hostssl` lets in over TLS only. */
  readonly type: 'local' | 'hostssl' | 'host'
  /** A name, `all`, or a pattern that begins with a slash (from PostgreSQL 16 on). `replication` is only a database of that name: see `replicates`. */
  readonly databases: readonly string[]
  /** It is about connections for replication, which no database covers. */
  readonly replicates?: boolean
  readonly users: readonly string[]
  /** Networks as 10.0.0.0/8, addresses, host names, or one of the server's own words. Of `local` none. */
  readonly addresses: readonly string[]
  readonly method: 'scram-sha-256' | 'peer' | 'reject'
}

const WORDS = new Set(['all', 'samehost', 'samenet'])

/** The text of pg_hba.conf: the first line that fits a connection decides, so the order is that of the rules. Throws SETTING_INVALID. */
export function hbaText(rules: readonly HbaRule[]): string {
  return rules
    .map(({ because, type, databases, replicates, users, addresses, method }) => {
      const where = replicates ? 'replication' : databases.map(quoted).join(',')
      const who = `${type.padEnd(7)} ${where} ${users.map(quoted).join(',')}`
      const lines = type === 'local' ? [`${who} ${method}`] : addresses.map((address) => `${who} ${addressField(address)} ${method}`)
      return [`# ${because}`, ...lines, ''].join('\n')
    })
    .join('\n')
}

/** In quotes a word such as `all` or `replication` is only a name; outside of them a comma would begin another one. */
function quoted(name: string): string {
  if (name === 'all') return name
  if (name === '' || /["\r\n\0]/.test(name))
    throw fault('SETTING_INVALID', { setting: 'pg_hba.conf', reason: `${JSON.stringify(name)} cannot stand in it` })
  return `"${name}"`
}

function addressField(address: string): string {
  if (WORDS.has(address)) return address
  if (isNetwork(address)) return address
  if (/^\d+(\.\d+){3}$/.test(address)) return `${address}/32`
  if (/^[0-9a-f:]+$/i.test(address) && address.includes(':')) return `${address}/128`
  if (/^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(address)) return address
  throw fault('SETTING_INVALID', { setting: 'pg_hba.conf', reason: `${JSON.stringify(address)} is no network, address or host` })
}

const isNetwork = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(text) || /^[0-9a-f:]+\/\d{1,3}$/i.test(text)
