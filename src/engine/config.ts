import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { ASSURANCES, type Assurance } from '../kernel/assurance.js'
import { isDuration, milliseconds } from '../kernel/durations.js'
import { REFUSED_EXTENSIONS } from '../kernel/extensions.js'
import { fault, isFault } from '../kernel/faults.js'
import { isNetwork } from '../kernel/networks.js'
import { parseStrictJson } from '../kernel/strict-json.js'
import { didYouMean } from '../kernel/suggest.js'
import type { Transport } from '../postgres/transport.js'
import type { SeedFolder } from '../schema/seed-files.js'
import type { ArchivePlaces } from '../stores/place.js'
import { type AnonymiseRules, anonymiseSchema } from './anonymise-config.js'
import { archiveFieldsOf, archiveIssues, archivesSchema, readArchives } from './archive-config.js'
import { type ConsoleConfig, consoleFieldsOf, consoleSchema, readConsole } from './console-config.js'
import { type PaceLimits, paceSchema, readPace } from './pace-config.js'
import { limitsSchema, type PlatformLimits, readLimits, readTiers, type Tier, tierIssues, tierSchema, tiersSchema } from './tier-config.js'

export const CONFIG_FILE = 'tenantry.config.ts'

const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference: env:NAME or file:path')
const named = (what: string) => z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, `must be ${what} in lower case, of 63 characters at most`)
const column = named('the name of a column')
const pattern = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_]*((\{id\}|\{number(:[1-9])?\})[a-z0-9_]*)+$/,
    'must be lower case and contain {id} or {number}, such as t_{id} or tenant_{number:4}',
  )
  .refine((text) => longestName(text) <= 63, 'makes names of more than 63 characters, which PostgreSQL cuts')
  .refine((text) => !text.startsWith('pg_'), 'must not begin with pg_, which PostgreSQL keeps for itself')

/** A number grows beyond the digits that it is filled up to; ten are enough for more tenants than a cluster holds. */
const longestName = (text: string): number => text.replaceAll('{id}', 'i'.repeat(26)).replace(/\{number(:\d)?\}/g, 'n'.repeat(10)).length

/** `10.0.0.2`, with a port or without; an address of IPv6 stands in brackets. */
function isServerAddress(text: string): boolean {
  const [, v6, v4, port = '53'] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const right = v6 === undefined ? isIP(v4 ?? '') === 4 : isIP(v6) === 6
  return right && Number(port) >= 1 && Number(port) <= 65_535
}

// Shorter than that, a busy worker loses its lease; longer, nobody takes over what a dead one has left.
const LEASE = { least: 500, most: 3_600_000 }
const isLease = (text: string): boolean => isDuration(text) && milliseconds(text) >= LEASE.least && milliseconds(text) <= LEASE.most

const service = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,38}$/, 'must be a name in lower case')
  .refine((name) => name !== 'tenant' && name !== 'platform', 'is what other migrations are called')

const catalog = z.strictObject({
  url: reference.default('env:DATABASE_URL'),
  database: named('the name of a database').default('tenantry_catalog'),
})
const assurance = z.strictObject({
  shared: z.enum(['standard', 'strict']).default('strict'),
  database: z.enum(ASSURANCES).default('dedicated'),
})
const lint = z.strictObject({
  since: z
    .string()
    .regex(/^\d{1,20}$/, 'must be the version of a file, in digits')
    .optional(),
  rules: z.record(z.string().max(63), z.enum(['off', 'advice', 'warning', 'error'])).default({}),
})
const naming = z.strictObject({ schema: pattern.default('t_{id}'), database: pattern.default('t_{id}') })

const webhooks = z.strictObject({
  secret: reference.optional(),
  allow: z.array(z.string().refine(isNetwork, 'must be a network such as 10.1.0.0/16, or an address')).default([]),
})

const api = z.strictObject({ trustProxy: z.number().int().min(0).max(10).default(0) })

const collect = z.strictObject({ samples: z.enum(['on', 'off']).default('on'), topTenants: z.number().int().min(0).max(1_000).default(0) })

const schema = z.strictObject({
  catalog,
  tenantColumn: column.optional(),
  isolation: z.enum(['shared', 'schema', 'database']).optional(),
  migrations: z
    .string()
    .regex(/^[^\p{Cc}]+$/u, 'must be a path')
    .default('migrations'),
  services: z.record(service, z.string().regex(/^[^\p{Cc}]+$/u, 'must be a path')).default({}),
  seeds: z
    .string()
    .regex(/^[^\p{Cc}]+$/u, 'must be a path')
    .optional(),
  extensions: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/))
    .default([])
    .refine(
      (list) => !list.some((name) => REFUSED_EXTENSIONS.test(name)),
      'lists an extension that reaches around the walls (foreign servers, untrusted languages, raw pages)',
    ),
  naming: naming.prefault({}),
  assurance: assurance.prefault({}),
  dns: z.array(z.string().refine(isServerAddress, 'must be an address such as 10.0.0.2, 10.0.0.2:5353 or [2001:db8::1]:53')).default([]),
  hidden: z.record(column, z.array(column).min(1)).default({}),
  trustedRoles: z.array(z.string().min(1).max(63)).default([]),
  unverifiedHosts: z
    .array(z.string().regex(/^(\*|(\*\.)?[a-z0-9_:][a-z0-9_.:-]*)$/i, 'must be a host such as db.internal or *.internal'))
    .default([]),
  lease: z.string().default('15s').refine(isLease, 'must be a duration such as 15s, from 500ms to 1h'),
  tiers: tiersSchema,
  limits: limitsSchema.prefault({}),
  watchdog: z.enum(['act', 'tell', 'off']).default('act'),
  pace: paceSchema.prefault({}),
  api: api.prefault({}),
  console: consoleSchema.prefault({}),
  collect: collect.prefault({}),
  webhooks: webhooks.prefault({}),
  lint: lint.prefault({}),
  anonymise: anonymiseSchema.default({}),
  archives: archivesSchema.prefault({}),
})

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(schema.shape),
  catalog: Object.keys(catalog.shape),
  naming: Object.keys(naming.shape),
  limits: Object.keys(limitsSchema.shape),
  assurance: Object.keys(assurance.shape),
  pace: Object.keys(paceSchema.shape),
  api: Object.keys(api.shape),
  console: consoleFieldsOf('console'),
  'console.oidc': consoleFieldsOf('console.oidc'),
  collect: Object.keys(collect.shape),
  webhooks: Object.keys(webhooks.shape),
  lint: Object.keys(lint.shape),
}

const fieldsOf = (place: string): readonly string[] =>
  FIELDS[place] ?? (/^tiers\.[^.]+$/.test(place) ? Object.keys(tierSchema.shape) : archiveFieldsOf(place))

/** The configuration with every default in place, frozen. */
export interface Config {
  readonly folder: string
  readonly catalog: { readonly url: string; readonly database: string }
  readonly tenantColumn: string | null
  readonly isolation: 'shared' | 'schema' | 'database'
  /** Absolute. */
  readonly migrations: string
  /** Folders of the services' migrations, absolute, by name. */
  readonly services: Readonly<Record<string, string>>
  readonly seeds: SeedFolder
  readonly extensions: readonly string[]
  readonly naming: { readonly schema: string; readonly database: string }
  /** Of databases that are made from now on: those with shared tables, and those of one home. */
  readonly assurance: { readonly shared: Assurance; readonly database: Assurance }
  readonly hidden: Readonly<Record<string, readonly string[]>>
  /** Name servers to ask about domains; the system's when empty. */
  readonly dns: readonly string[]
  /** Roles of others that may do more than walls allow, as the doctor is told. */
  readonly trustedRoles: readonly string[]
  readonly leaseMs: number
  /** How many proxies of one's own stand in front of the HTTP API. */
  readonly api: { readonly trustProxy: number }
  readonly console: ConsoleConfig
  /** What is measured of servers. */
  readonly collect: { readonly samples: 'on' | 'off'; readonly topTenants: number }
  /** The reference to the master secret of webhooks, if there is one, and the networks that they may reach although they are not public. */
  readonly webhooks: { readonly secret?: string | undefined; readonly allow: readonly string[] }
  readonly tiers: Readonly<Record<string, Tier>>
  readonly limits: PlatformLimits
  /** Whether the watchdog acts, only tells what it would do, or is not there. */
  readonly watchdog: 'act' | 'tell' | 'off'
  readonly pace: PaceLimits
  /** What lint judges of migrations, and how. */
  readonly lint: {
    readonly since: string | undefined
    readonly rules: Readonly<Record<string, 'off' | 'advice' | 'warning' | 'error'>>
  }
  /** What becomes of values in clones. */
  readonly anonymise: AnonymiseRules
  /** Where archives of tenants are kept, and the keys to them. */
  readonly archives: ArchivePlaces
  /** How servers are reached where their connection strings say nothing. */
  readonly transport: Transport
}

/** Reads `tenantry.config.ts` (or .mjs, .js, .json); `transport` is what the environment says. Throws CONFIG_MISSING, CONFIG_INVALID. */
export async function loadConfig(path: string, transport: Transport = {}): Promise<Config> {
  const absolute = resolve(path)
  const unusable = (issue: string, cause?: unknown) => fault('CONFIG_INVALID', { path, issues: [issue] }, { cause })
  const there = await stat(absolute).catch((error: { code?: string }) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? fault('CONFIG_MISSING', { path })
      : unusable(`cannot be read (${error.code})`, error)
  })
  if (!there.isFile()) throw unusable('is not a file')
  let found: unknown
  try {
    if (absolute.endsWith('.json')) {
      const text = (await readFile(absolute, 'utf8')).replace(/^\ufeff/, '')
      found = parseStrictJson(text, (reason) => unusable(`is not valid JSON: ${reason}`))
    } else {
      const { createJiti } = await import('jiti')
      const { fileURLToPath } = await import('node:url')
      // The file imports 'tenantry' for its types; that must work in a folder where it is not installed, too.
      const jiti = createJiti(import.meta.url, {
        moduleCache: false,
        alias: { tenantry: fileURLToPath(new URL('../kernel/config.js', import.meta.url)) },
      })
      found = await jiti.import(absolute, { default: true })
    }
  } catch (error) {
    if (isFault(error)) throw error
    throw unusable(`cannot be read: ${causeOf(error)}`, error)
  }
  return checkConfig(found, dirname(absolute), path, transport)
}

/** The first line of what a file of the user's has thrown, which may be anything. */
function causeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof message === 'string' && message !== '') return message.split('\n')[0]!
  return typeof code === 'string' ? code : 'it threw something that is no error'
}

/** A getter, or what calls itself an object, may throw while it is looked at. */
function parseSafely(found: unknown, path: string) {
  try {
    return schema.safeParse(found)
  } catch (error) {
    throw fault('CONFIG_INVALID', { path, issues: [`cannot be read: ${causeOf(error)}`] }, { cause: error })
  }
}

function issueTexts(issue: z.core.$ZodIssue): readonly string[] {
  const place = issue.path.join('.')
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${place || 'the file'}: ${message}`)
  if (issue.code !== 'unrecognized_keys') return [`${place || 'the file'}: ${issue.message}`]
  return issue.keys.map((key) => `${place || 'the file'}: unknown field "${key.slice(0, 60)}"${didYouMean(key, fieldsOf(place))}`)
}

/** Validates and freezes. Throws CONFIG_INVALID with every issue. */
export function checkConfig(found: unknown, folder: string, path: string, transport: Transport = {}): Config {
  const parsed = parseSafely(found, path)
  if (!parsed.success) throw fault('CONFIG_INVALID', { path, issues: parsed.error.issues.flatMap(issueTexts) })
  const config = parsed.data
  const tenantColumn = config.tenantColumn ?? null
  const isolation = config.isolation ?? (tenantColumn === null ? 'schema' : 'shared')
  if (isolation === 'shared' && tenantColumn === null) {
    throw fault('CONFIG_INVALID', { path, issues: ['isolation: shared tables need a tenantColumn'] })
  }
  const tiers = readTiers(config.tiers)
  const archives = readArchives(config.archives, folder)
  const reached = { ...transport, unverifiedHosts: [...config.unverifiedHosts, ...(transport.unverifiedHosts ?? [])] }
  const issues = [...tierIssues(tiers, tenantColumn), ...archiveIssues(archives, reached)]
  if (issues.length > 0) throw fault('CONFIG_INVALID', { path, issues })
  return Object.freeze({
    folder,
    catalog: Object.freeze(config.catalog),
    tenantColumn,
    isolation,
    migrations: resolve(folder, config.migrations),
    services: Object.freeze(Object.fromEntries(Object.entries(config.services).map(([name, path]) => [name, resolve(folder, path)]))),
    seeds: Object.freeze({ path: resolve(folder, config.seeds ?? 'seeds'), named: config.seeds !== undefined }),
    extensions: Object.freeze(config.extensions),
    naming: Object.freeze(config.naming),
    assurance: Object.freeze(config.assurance),
    hidden: Object.freeze(config.hidden),
    dns: Object.freeze(config.dns),
    trustedRoles: Object.freeze(config.trustedRoles),
    leaseMs: milliseconds(config.lease),
    tiers,
    limits: readLimits(config.limits),
    watchdog: config.watchdog,
    pace: readPace(config.pace),
    api: Object.freeze(config.api),
    console: readConsole(config.console),
    collect: Object.freeze(config.collect),
    webhooks: Object.freeze(config.webhooks),
    lint: Object.freeze({ since: config.lint.since, rules: Object.freeze(config.lint.rules) }),
    anonymise: Object.freeze(config.anonymise),
    archives,
    transport: Object.freeze(reached),
  })
}
