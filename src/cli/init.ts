import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { loadConfig } from '../engine/config.js'
import { initCatalog } from '../engine/init-catalog.js'
import { serverOf } from '../engine/platform.js'
import { readSqlFiles } from '../engine/sql-files.js'
import { randomBytes, systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { makeFolders } from '../kernel/make-folders.js'
import { addressOf, type ConnectionConfig, tlsParameters } from '../postgres/connection.js'
import { versionText } from '../postgres/version.js'
import { mayAsk } from './confirm.js'
import { type Environment, readEnvironment } from './environment.js'
import { type GlobalFlags, newCommand, parseFlags } from './flags.js'
import { APP_SNIPPET, configText, firstMigration, type NewPlatform } from './init-files.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'
import { INIT_SUMMARY } from './overview.js'
import type { Redactor } from './redact.js'
import { renderYaml } from './yaml.js'

interface InitFlags {
  /** False for none. */
  readonly tenantColumn: string | false | undefined
  readonly catalogDatabase: string | undefined
  readonly url: string | undefined
  readonly force: boolean
}

const DEFAULTS = { tenantColumn: 'tenant_id', catalogDatabase: 'tenantry_catalog', url: 'env:DATABASE_URL' }
const NAME = /^[a-z_][a-z0-9_]{0,62}$/
const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/

/**
 * Writes what a platform begins with and makes its catalog. Every part is done only where it is missing, so that running it again finishes what was
 * interrupted. Throws CATALOG_BEHIND after an upgrade of Tenantry, and SECRET_MISSING when the connection string is not there yet.
 */
export async function runInit(args: readonly string[], io: Io, redactor: Redactor): Promise<number> {
  const parsed = parseInit(args, io)
  if (parsed === undefined) return 0
  const { globals, flags } = parsed
  const environment = await readEnvironment(globals.config, io, redactor)
  const wrote: string[] = []
  const writing = (path: string): void => {
    const name = relative(io.cwd, path)
    if (wrote.includes(name)) return
    wrote.push(name)
    if (globals.format === 'table') io.stdout.write(`wrote ${oneLine(name)}\n`)
  }

  const isNew = flags.force || !(await exists(environment.config))
  if (isNew) {
    const platform = await ask(flags, globals, io)
    if (platform === undefined) return 130
    // The configuration last: without it, all of this is done again.
    const first = await writeFirstMigration(join(environment.folder, 'migrations'), platform.tenantColumn)
    if (first !== undefined) writing(first)
    await writeFile(environment.config, configText(platform))
    writing(environment.config)
  } else if (flags.tenantColumn !== undefined || flags.catalogDatabase !== undefined || flags.url !== undefined) {
    io.stderr.write(`${basename(environment.config)} is there already and stays as it is; --force writes it anew\n`)
  }
  const config = await loadConfig(environment.config, environment.transport)
  const ignored = await addLines(join(environment.folder, '.gitignore'), ['.env', '.tenantry/', 'archives/'])
  if (ignored) writing(join(environment.folder, '.gitignore'))

  const appPassword = environment.env.TENANTRY_APP_PASSWORD
    ? environment.secrets('env:TENANTRY_APP_PASSWORD')
    : randomBytes(24).toString('base64url')
  const dotEnv = join(environment.folder, '.env')
  if (await addSecret(dotEnv, 'TENANTRY_APP_PASSWORD', appPassword, environment)) writing(dotEnv)
  const server = serverOf(config, environment.secrets, config.catalog.url)
  const made = await initCatalog(server, config.catalog.database, await readSqlFiles('catalog'), appPassword)
  const catalogUrl = catalogUrlOf(server, made.resolver, appPassword, config.catalog.database)
  if (await addSecret(dotEnv, 'TENANTRY_CATALOG_URL', catalogUrl, environment)) writing(dotEnv)

  if (made.unsafe !== undefined) {
    io.stderr.write(
      `PostgreSQL ${versionText(made.serverVersion)} has published holes, and ${made.unsafe.safe} is the first safe release: upgrade before production; ${made.unsafe.holes}\n`,
    )
  }
  const outcome = { catalog: config.catalog.database, server: addressOf(server), platform: made.platformId, created: made.created, wrote }
  if (globals.format === 'json') io.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`)
  else if (globals.format === 'yaml') io.stdout.write(renderYaml(outcome))
  else
    io.stdout.write(
      `the catalog ${outcome.catalog} is ready on ${outcome.server}\n${isNew || made.created ? nextSteps(config.catalog.url) : ''}`,
    )
  return 0
}

function parseInit(args: readonly string[], io: Io): { readonly globals: GlobalFlags; readonly flags: InitFlags } | undefined {
  const command = newCommand('init', INIT_SUMMARY, io)
    .option('--tenant-column <name>', `the column that carries the tenant in every tenant table (default: ${DEFAULTS.tenantColumn})`)
    .option('--no-tenant-column', 'keep tenants in schemas and databases of their own only')
    .option('--catalog-database <name>', `the catalog's own database (default: ${DEFAULTS.catalogDatabase})`)
    .option('--url <reference>', `where the administrator's connection string is: env:NAME or file:path (default: ${DEFAULTS.url})`)
    .option('--force', 'write the configuration even where there is one')
  const globals = parseFlags(command, args)
  if (globals === undefined) return undefined
  const refuse = (issue: string) => fault('INPUT_INVALID', { issues: [issue] })
  if (globals.format === 'csv') throw refuse('--output: must be one of table, json, yaml')
  // Commander makes the switch that only has a --no- form true unless it is given.
  const given =
    command.getOptionValueSource('tenantColumn') === 'default'
      ? undefined
      : (command.getOptionValue('tenantColumn') as string | false | undefined)
  const tenantColumn = given === '' ? false : given
  const { catalogDatabase, url, force } = command.opts<{ catalogDatabase?: string; url?: string; force?: boolean }>()
  if (typeof tenantColumn === 'string' && !NAME.test(tenantColumn)) throw refuse('--tenant-column: must be a lower-case column name')
  if (catalogDatabase !== undefined && !NAME.test(catalogDatabase)) throw refuse('--catalog-database: must be a lower-case name')
  if (url !== undefined && !REFERENCE.test(url)) {
    throw refuse('--url: must be a reference, env:NAME or file:path; the connection string itself has no place in a configuration')
  }
  return { globals, flags: { tenantColumn, catalogDatabase, url, force: force === true } }
}

/** Asks for what no flag says, where somebody can be asked. Undefined when the questions were left with Ctrl-C. */
async function ask(flags: InitFlags, globals: GlobalFlags, io: Io): Promise<NewPlatform | undefined> {
  let { tenantColumn, catalogDatabase } = flags
  if (mayAsk(io, globals) && io.isTTY.stdout) {
    const { isCancel, text } = await import('@clack/prompts')
    const streams = { input: io.stdin!, output: io.stderr, ...(io.interrupt === undefined ? {} : { signal: io.interrupt }) }
    if (tenantColumn === undefined) {
      const answer = await text({
        ...streams,
        message: 'Which column carries the tenant in every tenant table? Empty: none, tenants get schemas and databases of their own',
        initialValue: DEFAULTS.tenantColumn,
        validate: (value) => (value === undefined || value === '' || NAME.test(value) ? undefined : 'must be a lower-case column name'),
      })
      if (isCancel(answer)) return undefined
      tenantColumn = answer || false
    }
    if (catalogDatabase === undefined) {
      const answer = await text({
        ...streams,
        message: 'Which database shall hold the catalog? It is made, and never holds tenants',
        initialValue: DEFAULTS.catalogDatabase,
        validate: (value) => (value !== undefined && NAME.test(value) ? undefined : 'must be a lower-case name'),
      })
      if (isCancel(answer)) return undefined
      catalogDatabase = answer
    }
  }
  return {
    tenantColumn: tenantColumn === false ? undefined : (tenantColumn ?? DEFAULTS.tenantColumn),
    catalogDatabase: catalogDatabase ?? DEFAULTS.catalogDatabase,
    url: flags.url ?? DEFAULTS.url,
  }
}

/** Only where there is no folder for them yet. */
async function writeFirstMigration(migrations: string, tenantColumn: string | undefined): Promise<string | undefined> {
  const folder = join(migrations, 'tenant')
  if (await exists(folder)) return undefined
  const stamp = new Date(systemClock.now()).toISOString().replace(/\D/g, '').slice(0, 14)
  const path = join(folder, `${stamp}_first.sql`)
  await makeFolders(folder).catch((error: { readonly code?: string }) => {
    throw unusable(folder, error)
  })
  await writeFile(path, firstMigration(tenantColumn), { flag: 'wx' })
  return path
}

/** Adds a secret that neither the environment nor the file has, and makes the file its owner's alone. */
export async function addSecret(path: string, key: string, value: string, { env }: Environment): Promise<boolean> {
  if (env[key]) return false
  await addLines(path, [`${key}=${value}`], 0o600)
  return true
}

/** Appends the lines that are missing. Answers whether any was. */
async function addLines(path: string, wanted: readonly string[], mode?: number): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  const there = new Set(text.split('\n').map((line) => line.trim()))
  const missing = wanted.filter((line) => !there.has(line))
  if (missing.length === 0) return false
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  await makeFolders(dirname(path)).catch((error: { readonly code?: string }) => {
    throw unusable(dirname(path), error)
  })
  // Before a secret goes in, nobody else may read.
  if (mode !== undefined && text !== '') await chmod(path, mode)
  await writeFile(path, `${separator}${missing.join('\n')}\n`, { flag: 'a', ...(mode === undefined ? {} : { mode }) })
  return true
}

const unusable = (folder: string, error: { readonly code?: string }) =>
  fault('FOLDER_UNUSABLE', { folder, reason: `it cannot be made (${error.code ?? 'unknown'})` }, { cause: error })

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

export function catalogUrlOf(server: ConnectionConfig, user: string, password: string, database: string): string {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host
  const tls = tlsParameters(server).join('&')
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${server.port}/${encodeURIComponent(database)}${tls === '' ? '' : `?${tls}`}`
}

function nextSteps(url: string): string {
  return `
Next:
  tenantry cluster add main${url === DEFAULTS.url ? '' : ` --url ${url}`}
  tenantry tenant create acme
  node --env-file=.env app.mjs

with app.mjs:
${APP_SNIPPET.replace(/^/gm, '  ').trimEnd()}
`
}
