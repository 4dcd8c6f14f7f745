import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { milliseconds } from '../kernel/durations.js'
import { fault } from '../kernel/faults.js'
import type { SeedFolder } from '../schema/seed-files.js'

export const CONFIG_FILE = 'tenantry.config.ts'

const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference: env:NAME or file:path')
const column = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a lower-case column name')
const pattern = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_]*((\{id\}|\{number(:[1-9])?\})[a-z0-9_]*)+$/,
    'must be lower case and contain {id} or {number}, such as t_{id} or tenant_{number:4}',
  )

// Extensions that reach out of the database, or run another language inside it, would go around every wall.
const REFUSED_EXTENSIONS = /^(dblink|postgres_fdw|file_fdw|adminpack|pl.*u|plperl|pltcl|plpython.*|pageinspect|pg_walinspect|xml2)$/

const schema = z.strictObject({
  catalog: z.strictObject({
    url: reference.default('env:DATABASE_URL'),
    database: column.default('tenantry_catalog'),
  }),
  tenantColumn: column.optional(),
  isolation: z.enum(['shared', 'schema', 'database']).optional(),
  migrations: z.string().min(1).default('migrations'),
  seeds: z.string().min(1).optional(),
  extensions: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/))
    .default([])
    .refine(
      (list) => !list.some((name) => REFUSED_EXTENSIONS.test(name)),
      'lists an extension that reaches around the walls (foreign servers, untrusted languages, raw pages)',
    ),
  naming: z.strictObject({ schema: pattern.default('t_{id}'), database: pattern.default('t_{id}') }).prefault({}),
  dns: z
    .array(
      z
        .string()
        .regex(
          /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])(:\d{1,5})?$/i,
          'must be an address such as 10.0.0.2, 10.0.0.2:5353 or [2001:db8::1]:53',
        ),
    )
    .default([]),
  hidden: z.record(column, z.array(column).min(1)).default({}),
  lease: z
    .string()
    .default('15s')
    .refine((text) => /^\d+(ms|s|min)$/.test(text), 'must be a duration such as 15s'),
})

/** The configuration with every default in place, frozen. */
export interface Config {
  readonly folder: string
  readonly catalog: { readonly url: string; readonly database: string }
  readonly tenantColumn: string | null
  readonly isolation: 'shared' | 'schema' | 'database'
  /** Absolute. */
  readonly migrations: string
  readonly seeds: SeedFolder
  readonly extensions: readonly string[]
  readonly naming: { readonly schema: string; readonly database: string }
  readonly hidden: Readonly<Record<string, readonly string[]>>
  /** Name servers to ask about domains; the system's when empty. */
  readonly dns: readonly string[]
  readonly leaseMs: number
}

/** Reads `tenantry.config.ts` (or .mjs, .js, .json). Throws CONFIG_MISSING, CONFIG_INVALID. */
export async function loadConfig(path: string): Promise<Config> {
  const absolute = resolve(path)
  const there = await stat(absolute).catch(() => undefined)
  if (there === undefined || !there.isFile()) throw fault('CONFIG_MISSING', { path })
  let found: unknown
  try {
    if (absolute.endsWith('.json')) found = JSON.parse(await readFile(absolute, 'utf8'))
    else {
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
    throw fault('CONFIG_INVALID', { path, issues: [`cannot be read: ${(error as Error).message.split('\n')[0]}`] }, { cause: error })
  }
  return checkConfig(found, dirname(absolute), path)
}

/** Validates and freezes. Throws CONFIG_INVALID with every issue. */
export function checkConfig(found: unknown, folder: string, path: string): Config {
  const parsed = schema.safeParse(found)
  if (!parsed.success)
    throw fault('CONFIG_INVALID', {
      path,
      issues: parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
    })
  const config = parsed.data
  const tenantColumn = config.tenantColumn ?? null
  const isolation = config.isolation ?? (tenantColumn === null ? 'schema' : 'shared')
  if (isolation === 'shared' && tenantColumn === null) {
    throw fault('CONFIG_INVALID', { path, issues: ['isolation: shared tables need a tenantColumn'] })
  }
  return Object.freeze({
    folder,
    catalog: Object.freeze(config.catalog),
    tenantColumn,
    isolation,
    migrations: resolve(folder, config.migrations),
    seeds: Object.freeze({ path: resolve(folder, config.seeds ?? 'seeds'), named: config.seeds !== undefined }),
    extensions: Object.freeze(config.extensions),
    naming: Object.freeze(config.naming),
    hidden: Object.freeze(config.hidden),
    dns: Object.freeze(config.dns),
    leaseMs: milliseconds(config.lease),
  })
}
