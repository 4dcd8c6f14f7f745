import { join } from 'node:path'
import { loadConfig } from '../engine/config.js'
import { serverOf } from '../engine/platform.js'
import { rebuildCatalog } from '../engine/rebuild/catalog.js'
import type { GivenCluster } from '../engine/rebuild/plan.js'
import type { RebuiltReport } from '../engine/rebuild/report.js'
import { readSqlFiles } from '../engine/sql-files.js'
import { fault } from '../kernel/faults.js'
import { parseUrl } from '../postgres/connection.js'
import { TLS_MODES } from '../postgres/transport.js'
import { callerOf, type Environment, readEnvironment } from './environment.js'
import { newCommand, parseFlags } from './flags.js'
import { addSecret, catalogUrlOf } from './init.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'
import { failpointOf } from './open.js'
import { REBUILD_SUMMARY } from './overview.js'
import type { Redactor } from './redact.js'
import { renderTable } from './table.js'
import { renderYaml } from './yaml.js'

const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/
const SETTING = /,(?=(?:app-host|app-port|app-sslmode|app-ca|app-secret|pooler|database)=)/

/** Restores a lost catalog. No operation: the journal that would hold it is what was lost. */
export async function runCatalogRebuild(args: readonly string[], io: Io, redactor: Redactor): Promise<number> {
  const command = newCommand('catalog rebuild', REBUILD_SUMMARY, io)
    .option(
      '--cluster <spec...>',
      'NAME=REFERENCE of each cluster: its name, and where the connection string of its administrator is (env:NAME or file:path). What the copies of facts do not say, or say wrongly, may follow: ,app-host=… ,app-port=… ,app-sslmode=verify-full ,app-ca=REFERENCE ,app-secret=REFERENCE ,pooler=pgbouncer ,database=…',
    )
    .option('--platform <id>', 'which platform, where the servers hold several: the six characters in the names of its roles')
    .option('--suspend-unknown', 'suspend the tenants of which nothing is known but where they live')
    .option('--dry-run', 'say what would be restored, and do nothing')
  const globals = parseFlags(command, args)
  if (globals === undefined) return 0
  const { cluster = [], platform, suspendUnknown = false, dryRun = false } = command.opts<Flags>()
  if (cluster.length === 0) throw refuse('--cluster: name every cluster, as NAME=REFERENCE')
  const clusters = cluster.map(readCluster)
  const twice = clusters.find(({ name }, index) => clusters.some((other, at) => at < index && other.name === name))
  if (twice !== undefined) throw refuse(`--cluster: "${twice.name}" is named twice`)
  if (globals.format === 'csv') throw refuse('--output: must be one of table, json, yaml')

  const environment = await readEnvironment(globals.config, io, redactor)
  const config = await loadConfig(environment.config, environment.transport)
  const appPassword = passwordOf(environment)
  const rebuilt = await rebuildCatalog({
    config,
    secrets: environment.secrets,
    files: await readSqlFiles('catalog'),
    clusters,
    appPassword,
    ...(platform === undefined ? {} : { platform }),
    ...{ dryRun, suspendUnknown, actor: callerOf(io).actor, failpoint: failpointOf(io) },
  })
  if (!dryRun) {
    const server = serverOf(config, environment.secrets, config.catalog.url)
    const url = catalogUrlOf(server, rebuilt.resolver, appPassword, config.catalog.database)
    if (await addSecret(join(environment.folder, '.env'), 'TENANTRY_CATALOG_URL', url, environment)) io.stderr.write('wrote .env\n')
    else if (environment.env.TENANTRY_CATALOG_URL !== url)
      io.stderr.write(
        `TENANTRY_CATALOG_URL is another than ${rebuilt.resolver} at ${rebuilt.server}/${rebuilt.catalog}: see that applications have the right one\n`,
      )
  }
  io.stdout.write(redactor.data(textOf(rebuilt, globals.format)))
  return 0
}

interface Flags {
  readonly cluster?: readonly string[]
  readonly platform?: string
  readonly suspendUnknown?: boolean
  readonly dryRun?: boolean
}

const refuse = (issue: string) => fault('INPUT_INVALID', { issues: [issue] })

function readCluster(text: string): GivenCluster {
  const [first = '', ...settings] = text.split(SETTING)
  const [, name, adminRef] = /^([a-z][a-z0-9-]{1,38})=(.+)$/.exec(first) ?? []
  // What stands there may be a connection string: it is not repeated.
  if (name === undefined || adminRef === undefined || !REFERENCE.test(adminRef))
    throw refuse('--cluster: must be NAME=REFERENCE, such as main=env:DATABASE_URL')
  const given = new Map(settings.map((setting) => [setting.slice(0, setting.indexOf('=')), setting.slice(setting.indexOf('=') + 1)]))
  const [port, sslmode, secret, pooler] = [given.get('app-port'), given.get('app-sslmode'), given.get('app-secret'), given.get('pooler')]
  const [ca, mode] = [given.get('app-ca'), TLS_MODES.find((one) => one === sslmode)]
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535))
    throw refuse(`--cluster: app-port of ${name} must be 1 to 65535`)
  if (sslmode !== undefined && mode === undefined) throw refuse(`--cluster: app-sslmode of ${name} must be one of ${TLS_MODES.join(', ')}`)
  for (const [what, reference] of [
    ['app-secret', secret],
    ['app-ca', ca],
  ] as const)
    if (reference !== undefined && !REFERENCE.test(reference)) throw refuse(`--cluster: ${what} of ${name} must be env:NAME or file:path`)
  if (pooler !== undefined && pooler !== 'none' && pooler !== 'pgbouncer')
    throw refuse(`--cluster: pooler of ${name} must be none or pgbouncer`)
  return {
    name,
    adminRef,
    ...(given.has('app-host') ? { appHost: given.get('app-host')! } : {}),
    ...(port === undefined ? {} : { appPort: Number(port) }),
    ...(mode === undefined ? {} : { appSslmode: mode }),
    ...(ca === undefined ? {} : { appCa: ca }),
    ...(secret === undefined ? {} : { appSecret: secret }),
    ...(pooler === undefined ? {} : { pooler }),
    ...(given.has('database') ? { database: given.get('database')! } : {}),
  }
}

/** That which applications have at the catalog, so that those that run are let in again. */
function passwordOf({ env, secrets, transport }: Environment): string {
  const url = env.TENANTRY_CATALOG_URL
  if (!url) return secrets('env:TENANTRY_APP_PASSWORD')
  return parseUrl(secrets('env:TENANTRY_CATALOG_URL'), 'TENANTRY_CATALOG_URL', transport).password ?? secrets('env:TENANTRY_APP_PASSWORD')
}

function textOf(rebuilt: RebuiltReport, format: string): string {
  if (format === 'json') return `${JSON.stringify(rebuilt, null, 2)}\n`
  if (format === 'yaml') return renderYaml(JSON.parse(JSON.stringify(rebuilt)))
  const { dryRun, catalog, server, platform, clusters, tenants, unknown, conflicts, leftovers } = rebuilt
  const part = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${oneLine(line)}\n`).join('')}`
  return [
    renderTable(tenants, ['slug', 'state', 'isolation', 'cluster', 'database', 'schema', 'id']),
    part(
      'Clusters',
      clusters.map(
        (c) => `${c.name}: ${c.tenants} tenants in ${c.homes} homes of ${c.databases} databases; applications connect to ${c.address}`,
      ),
    ),
    part('Could not be known', unknown),
    part('Claimed by more than one database', conflicts),
    part('Found and not restored', leftovers),
    dryRun
      ? `\nnothing was written: the catalog ${catalog} of platform ${platform} would be restored on ${server} with ${tenants.length} tenants\n`
      : `\nthe catalog ${catalog} of platform ${platform} is restored on ${server} with ${tenants.length} tenants\n`,
  ].join('')
}
