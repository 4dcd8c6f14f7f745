import { z } from 'zod'
import type { Tenant } from '../../catalog/tenants.js'
import { fault } from '../../kernel/faults.js'
import { plain } from '../../kernel/plain-text.js'
import type { Json } from '../../transfer/archive/format.js'
import type { SnapshotFacts, TenantFingerprint } from '../../transfer/model.js'

/** What a tenant's archive says of itself besides the rows: all that a restore needs to know when there is no catalog to ask. */
export interface ArchiveFacts {
  readonly format: 1
  /** As the catalog had it. */
  readonly tenant: Pick<Tenant, 'id' | 'slug' | 'name' | 'tier' | 'region' | 'labels'>
  readonly home: { readonly isolation: SnapshotFacts['isolation']; readonly track: string }
  readonly snapshot: SnapshotFacts
  /** Of the same moment as the rows. */
  readonly fingerprint: TenantFingerprint
  /** What the home had applied, with the checksum of each file. */
  readonly migrations: SnapshotFacts['ledger']
  /** The shape of the tables, as `migrate verify --write` writes it. */
  readonly schemaText: string
}

const text = z.string()
const ledger = z.array(z.object({ version: text, name: text, checksum: text }))
const isolation = z.enum(['shared', 'schema', 'database'])
const table = z.object({
  of: z.enum(['home', 'platform']),
  name: text,
  columns: z.array(z.object({ name: text, type: text })),
  bytes: z.number(),
})

const snapshot = z.object({
  tenant: text,
  at: text,
  wal: z.object({ lsn: text, exact: z.boolean() }),
  serverVersion: z.number(),
  isolation,
  track: text,
  version: text,
  ledger,
  shape: text,
  tenantColumn: text.nullable(),
  tables: z.array(table),
  sequences: z.array(z.object({ name: text, last: text, called: z.boolean() })),
  extensions: z.array(z.object({ name: text, version: text })),
})

const count = z.string().regex(/^\d{1,19}$/)
const hex = z.string().regex(/^[0-9a-f]{1,64}$/)

const facts = z.object({
  format: z.literal(1),
  tenant: z.object({
    id: z.uuid(),
    slug: text,
    name: text,
    tier: text.nullable(),
    region: text.nullable(),
    labels: z.record(text, text),
  }),
  home: z.object({ isolation, track: text }),
  snapshot,
  fingerprint: z.object({ tables: z.record(text, z.object({ rows: count, sum: hex })), whole: hex }),
  migrations: ledger,
  schemaText: text,
})

/** The facts of an archive that was opened. Throws ARCHIVE_VERSION, ARCHIVE_CORRUPT. */
export function readArchiveFacts(found: Json, archive: string): ArchiveFacts {
  const format = typeof found === 'object' && found !== null && 'format' in found ? found.format : undefined
  if (format !== 1) {
    const told = plain(String(JSON.stringify(format ?? null)), 60)
    throw fault('ARCHIVE_VERSION', { archive, reason: `its facts have the format ${told}, and this reads 1` })
  }
  const read = facts.safeParse(found)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const reason = plain(`its facts are not those of a tenant: ${issue?.path.join('.') ?? ''}`, 200)
  throw fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason })
}

const ofPlatform = z.object({
  format: z.literal(1),
  platform: z.object({ id: z.uuid() }),
  fingerprint: z.object({ tables: z.record(text, z.object({ rows: count, sum: hex })), whole: hex }),
})

const ofDatabase = z.object({ format: z.literal(1), database: z.object({ id: z.uuid() }), dump: z.object({ digest: hex }) })

/** Of a whole database: its id, and the digest of the dump that the catalog keeps as its fingerprint. Throws ARCHIVE_CORRUPT. */
export function readDumpFacts(found: Json, archive: string): { readonly id: string; readonly digest: string } {
  const read = ofDatabase.safeParse(found)
  if (!read.success) throw fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason: 'its facts are not those of a whole database' })
  return { id: read.data.database.id, digest: read.data.dump.digest }
}

/** Whose an archive says it is, a tenant's or a database's, and what its rows add up to. Throws ARCHIVE_VERSION, ARCHIVE_CORRUPT. */
export function readFingerprint(
  found: Json,
  archive: string,
  of: 'tenant' | 'platform',
): { readonly id: string; readonly fingerprint: TenantFingerprint } {
  if (of === 'tenant') {
    const { tenant, fingerprint } = readArchiveFacts(found, archive)
    return { id: tenant.id, fingerprint }
  }
  const read = ofPlatform.safeParse(found)
  if (!read.success) throw fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason: 'its facts are not those of platform tables' })
  return { id: read.data.platform.id, fingerprint: read.data.fingerprint }
}

/** How many rows there are in all. */
export const rowsOf = ({ tables }: TenantFingerprint): number => Object.values(tables).reduce((sum, { rows }) => sum + Number(rows), 0)
