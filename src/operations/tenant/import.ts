import { resolve } from 'node:path'
import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { importRows, MOST_REFUSED } from '../../engine/importing.js'
import { operation } from '../../engine/operation.js'
import { databaseOf, serverOf } from '../../engine/platform.js'
import { raiseLivingSequences } from '../../engine/raising-sequences.js'
import { placed } from '../../engine/repointing.js'
import { stopwatch } from '../../kernel/clock.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { fitImport } from '../../transfer/import/fitting.js'
import { openForeign } from '../../transfer/import/open-database.js'
import { openImport } from '../../transfer/import/open-folder.js'
import { tenantRef } from './row.js'
import { auditedStatement, IN_SCOPE_FAULTS } from './sql-audit.js'

export const importTenant = operation({
  kind: 'direct',
  name: 'tenant.import',
  summary: 'Insert the rows of an export, of CSV and NDJSON files, or of another database, into a tenant.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    from: z
      .string()
      .min(1)
      .max(4_096)
      .describe(
        'The folder of an export, or of files <table>.csv and <table>.ndjson, relative to the project; or env:NAME or file:path, where the connection string of another database is',
      ),
    schema: z.string().min(1).max(63).default('public').describe('Of that database, the schema whose tables are taken'),
    table: z
      .array(z.string().regex(/^[^=]{1,200}=[^=]{1,200}$/, 'must be theirs=ours'))
      .max(1_000)
      .default([])
      .describe('THEIRS=OURS, for a table that is called otherwise there; of a database only those that are named are taken, if any is'),
    skipRefused: z.boolean().default(false).describe('Keep the rows that are taken, even if others are refused'),
    dryRun: z.boolean().default(false).describe('Say which rows would be refused, and keep none'),
  }),
  output: z.object({
    tenant: z.string(),
    from: z.string(),
    kept: z.boolean(),
    tables: z.array(z.object({ table: z.string(), rows: z.number(), refused: z.number() })),
    refused: z.array(z.object({ table: z.string(), file: z.string(), line: z.number(), reason: z.string() })),
    dryRun: z.boolean(),
    milliseconds: z.number(),
  }),
  faults: [
    ...IN_SCOPE_FAULTS,
    'IMPORT_UNREADABLE',
    'IMPORT_PATH',
    'IMPORT_CHANGED',
    'IMPORT_TEXT',
    'IMPORT_MALFORMED',
    'IMPORT_TOO_LARGE',
    'IMPORT_UNFIT',
    'IMPORT_BROKEN',
    'SECRET_MISSING',
    'LOGIN_REFUSED',
  ],
  access: { roles: [] },
  words: {
    positionals: ['tenant', 'from'],
    says,
    passes: ({ kept, dryRun, refused }) => kept || (dryRun && refused.length === 0),
  },

  async call({ platform, caller, fail, signal }, { tenant: ref, from, schema, table, skipRefused, dryRun }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const isDatabase = REFERENCE.test(from)
    const folder = isDatabase ? from : resolve(platform.config.folder, from)
    const elapsed = stopwatch()
    const renamed = new Map(table.map((text) => text.split('=') as [string, string]))
    const place = await placed(platform.catalog, tenant.home)
    const [database, { home }] = [databaseOf(platform, place), place]
    const options = { names: platform.names, tenantColumn: platform.config.tenantColumn, slug: tenant.slug, renamed }
    const statement = JSON.stringify({ from: folder, schema, table, skipRefused, dryRun })
    return auditedStatement({ platform, caller }, { operation: 'tenant.import', tenantId: tenant.id, statement }, async () => {
      const foreign = isDatabase
        ? await openForeign(serverOf(platform.config, platform.secrets, from), schema, new Set(renamed.keys()))
        : undefined
      try {
        const sources = foreign?.tables ?? (await openImport(folder))
        const fitted = await fitImport(database, home, sources, options)
        // To its end once, before a row is written: a file that is broken at its end is found now.
        if (foreign === undefined)
          for (const { source, jsonb } of fitted) for await (const _ of source.rows(jsonb)) signal?.throwIfAborted()
        const { kept, tables, refused } = await importRows(platform.dataPlane(), fitted, {
          tenant: tenant.id,
          slug: tenant.slug,
          actor: caller.actor,
          dryRun,
          skipRefused,
          signal,
        })
        if (kept) await raiseLivingSequences(platform, tenant.id, sources, options)
        const milliseconds = Math.round(elapsed())
        return { tenant: tenant.slug, from: folder, kept, tables: [...tables], refused: [...refused], dryRun, milliseconds }
      } finally {
        await foreign?.close()
      }
    })
  },
})

const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/

interface Said {
  readonly tenant: string
  readonly kept: boolean
  readonly dryRun: boolean
  readonly tables: readonly { readonly rows: number }[]
  readonly refused: readonly { readonly file: string; readonly line: number; readonly reason: string }[]
}

function says({ tenant, kept, dryRun, tables, refused }: Said): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const what = `${counted(rows, 'row')} of ${counted(tables.length, 'table')}`
  return [
    ...refused.map(({ file, line, reason }) => `${file}, line ${line}: ${reason}`),
    kept
      ? `${tenant} has ${what} more${refused.length === 0 ? '' : `; ${refused.length} were refused`}`
      : dryRun
        ? `${tenant} would take ${what}, and refuse ${refused.length}; nothing was kept`
        : `nothing was kept: ${refused.length < MOST_REFUSED ? refused.length : `${MOST_REFUSED} or more`} rows were refused; correct them${refused.length < MOST_REFUSED ? ', or keep the others with --skip-refused' : ''}`,
  ].join('\n')
}
