import { isFault } from '../../kernel/faults.js'
import { sql } from '../../kernel/sql.js'
import { addressOf, type ConnectionConfig } from '../../postgres/connection.js'
import { askPooler } from '../../postgres/pooler-console.js'
import { isBefore, poolerHoles, sayPoolerHoles } from '../../postgres/pooler-holes.js'
import { type Database, openDatabase } from '../../postgres/session.js'
import { isLoopback } from '../../postgres/transport.js'
import { type Finding, told } from './finding.js'

/** How applications come to a cluster, as it was registered. */
export interface LineSubject {
  /** The cluster's name. */
  readonly where: string
  /** An application's login at a tenant-bearing database. */
  readonly config: ConnectionConfig
  readonly pooler: string
  /** As it was declared; the pooler is asked first. */
  readonly poolerVersion: string | null
  /** Who may look at its admin console, if we know anybody. */
  readonly adminConsole: { readonly user: string; readonly password: string } | undefined
}

const BOUND_MS = 5_000
// Somebody else may take the idle connection that the second of ours would have had.
const ATTEMPTS = 5

/**
 * Goes the way that applications go. Whether a pooler stands there and when it gives a server's connection to the next is seen from outside: two clients
 * that are both connected and idle between transactions have the same backend only behind one that pools transactions.
 */
export async function checkLine(subject: LineSubject): Promise<readonly Finding[]> {
  const { where, config, pooler } = subject
  const at = `${where}/application`
  const open = (): Database =>
    openDatabase(config, { applicationName: 'tenantry doctor', max: 1, plain: true, connectTimeoutMs: BOUND_MS, answerTimeoutMs: BOUND_MS })
  const [one, two] = [open(), open()]
  try {
    const shared = await sharesBackends(one, two)
    return [
      ...checkMode(at, pooler, shared, await refusesTransactions(one)),
      ...checkTls(at, config),
      ...(await checkPoolerHoles(at, subject)),
    ]
  } catch (error) {
    if (!isFault(error)) throw error
    return [told('line.unreachable', at, error.message, 'see `tenantry cluster show`: applications connect to this address')]
  } finally {
    await Promise.all([one.end(), two.end()])
  }
}

const backend = sql<{ pid: number }>`select pg_catalog.pg_backend_pid() as pid`

async function sharesBackends(one: Database, two: Database): Promise<boolean> {
  for (let i = 0; i < ATTEMPTS; i++) if ((await one.one(backend)).pid === (await two.one(backend)).pid) return true
  return false
}

/** Asked last: what pools statements ends the connection over it. */
const refusesTransactions = (line: Database): Promise<boolean> =>
  line
    .transaction((session) => session.one(backend))
    .then(
      () => false,
      () => true,
    )

function checkMode(at: string, pooler: string, shared: boolean, refuses: boolean): readonly Finding[] {
  if (refuses) {
    const reason = 'what stands in front of it refuses transactions, as PgBouncer does with pool_mode = statement'
    return [told('line.pooler', at, reason, 'set pool_mode = transaction there: every scope is a transaction')]
  }
  if (pooler === 'none' && shared) {
    const reason = 'a pooler stands in front of it, and the cluster was registered without one'
    return [told('line.pooler', at, reason, 'connect applications directly, or add the cluster with `--pooler pgbouncer`')]
  }
  if (pooler !== 'none' && !shared) {
    const reason = `no ${pooler} that pools transactions stands there: each client keeps a connection of the server to itself`
    return [told('line.pooler', at, reason, 'set pool_mode = transaction there, or correct the address')]
  }
  return []
}

function checkTls(at: string, config: ConnectionConfig): readonly Finding[] {
  const reason = unverified(config)
  return reason === undefined
    ? []
    : [told('line.tls', at, reason, 'set up TLS there, then `tenantry cluster set --app-sslmode verify-full`')]
}

/** The control plane's own way to a server. */
export function checkControlLine(where: string, config: ConnectionConfig): readonly Finding[] {
  const reason = unverified(config)
  return reason === undefined
    ? []
    : [told('cluster.tls', where, reason, 'set up TLS there, and write sslmode=verify-full in the connection string')]
}

function unverified(config: ConnectionConfig): string | undefined {
  if (config.tls === 'verify-full' || isLoopback(config.host)) return undefined
  const how = config.tls === 'disable' ? 'in the clear' : `with sslmode=${config.tls}, and nobody knows who answers there`
  return `passwords and rows go to ${addressOf(config)} ${how}`
}

async function checkPoolerHoles(at: string, { pooler, poolerVersion, config, adminConsole }: LineSubject): Promise<readonly Finding[]> {
  if (pooler === 'none') return []
  const asked = adminConsole === undefined ? undefined : await askPooler({ ...config, ...adminConsole })
  const version = asked?.version ?? poolerVersion
  if (version === null) return []
  const holes = poolerHoles(version, asked?.settings)
  if (holes.length === 0) return []
  const newest = holes.reduce((last, { fixed }) => (isBefore(last, fixed) ? fixed : last), holes[0]!.fixed)
  return [
    told('line.holes', at, sayPoolerHoles(version, holes), `install PgBouncer ${newest} or later, or one that its distribution has mended`),
  ]
}
