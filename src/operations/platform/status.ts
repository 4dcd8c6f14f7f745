import { z } from 'zod'
import { liveDatabases, type TenantDatabase } from '../../catalog/clusters.js'
import { catalogLedger } from '../../catalog/platform.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { visit } from '../../engine/visit.js'
import { filesFor, homeLedger } from '../../isolation/ledger.js'
import { isFault } from '../../kernel/faults.js'
import { type AppliedFile, compareLedger, labelOf, type SqlFile } from '../../kernel/ledger.js'
import { nameOf } from './databases.js'

const STATES = ['current', 'behind', 'newer', 'changed', 'unreachable'] as const

const row = z.object({
  name: z.string().describe('catalog, or cluster/database'),
  state: z.enum(STATES),
  version: z.string().describe('The newest file that was applied'),
  missing: z.array(z.string()),
  reason: z.string(),
  applied: z.array(z.object({ file: z.string(), checksum: z.string().nullable(), at: z.date() })),
})

type Row = z.output<typeof row>

export const platformStatus = operation({
  kind: 'direct',
  name: 'platform.status',
  summary: 'Show which version of Tenantry the catalog and every tenant-bearing database have, and what they lack.',
  effect: 'read',
  input: z.strictObject({
    parallel: z.coerce.number().int().min(1).max(64).default(8).describe('Databases asked at once'),
  }),
  output: z.object({
    version: z.object({ catalog: z.string(), home: z.string() }).describe('What this Tenantry installs'),
    pending: z.number().describe('How many are not at this version'),
    data: z.array(row),
  }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/platform',
  words: {
    says: ({ pending, version, data }) => {
      if (pending === 0) return `the catalog is at ${version.catalog}, and ${data.length - 1} databases are at ${version.home}`
      const behind = data.some(({ state }) => state === 'behind')
      return `${pending} of ${data.length} are not at this version${behind ? '; raise them with `tenantry platform upgrade`' : ''}`
    },
    columns: ['name', 'state', 'version', 'missing', 'reason'],
  },
  async call({ platform, signal }, { parallel }) {
    const { catalogFiles, homeFiles } = platform
    const catalog = standing('catalog', catalogFiles, catalogFiles, await platform.catalog.rows(catalogLedger))
    const databases = await platform.catalog.rows(liveDatabases)
    const rows: Row[] = []
    const next = databases.entries()
    const worker = async (): Promise<void> => {
      for (const [index, database] of next) {
        if (signal?.aborted) return
        rows[index] = await look(platform, database)
      }
    }
    await Promise.all(Array.from({ length: parallel }, worker))
    const data = [catalog, ...rows]
    const newest = (files: readonly SqlFile[]): string => files.map(labelOf).sort().at(-1) ?? ''
    return {
      version: { catalog: newest(catalogFiles), home: newest(homeFiles) },
      pending: data.filter(({ state }) => state !== 'current').length,
      data,
    }
  },
})

/** What the database itself says; the catalog is not asked, since a database may have been restored from before. */
async function look(platform: Platform, database: TenantDatabase): Promise<Row> {
  const name = nameOf(database)
  try {
    const applied = await visit(platform, database, (opened) => opened.rows(homeLedger))
    return standing(name, platform.homeFiles, filesFor(platform.homeFiles, database.hardened), applied)
  } catch (error) {
    const reason = isFault(error) ? error.message : `it has no ledger: ${(error as Error).message}`
    return { name, state: 'unreachable', version: '', missing: [], reason, applied: [] }
  }
}

function standing(name: string, files: readonly SqlFile[], wanted: readonly SqlFile[], applied: readonly AppliedFile[]): Row {
  const { missing, newer, changed } = compareLedger(files, applied)
  const lacks = missing.filter((file) => wanted.includes(file)).map(labelOf)
  const [state, reason]: [Row['state'], string] =
    newer.length > 0
      ? ['newer', `raised by a newer Tenantry: ${newer.map(labelOf).join(', ')}`]
      : changed.length > 0
        ? ['changed', `not the files of this installation: ${changed.map(labelOf).join(', ')}`]
        : [lacks.length > 0 ? 'behind' : 'current', '']
  return {
    name,
    state,
    version: applied.map(labelOf).sort().at(-1) ?? '',
    missing: lacks,
    reason,
    applied: applied.map((entry) => ({ file: labelOf(entry), checksum: entry.checksum, at: entry.at })),
  }
}
