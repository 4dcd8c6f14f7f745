import { z } from 'zod'
import type { Backup, KeptFacts } from '../../catalog/backups.js'
import { fault } from '../../kernel/faults.js'
import { isSlug, isUuid } from '../../kernel/identifiers.js'
import { plain, UNFIT } from '../../kernel/plain-text.js'
import type { Archive } from '../../transfer/archive/reader.js'
import { readArchiveFacts, rowsOf } from './archive-facts.js'
import { dumpInCatalog } from './database-archive.js'
import { ownerOf } from './places.js'
import { platformInCatalog } from './platform-archive.js'
import { inCatalog } from './tenant-archive.js'

/** What an archive tells of itself, as the catalog keeps it of a backup. */
export type Told = Pick<Backup, 'tenant' | 'databaseId' | 'slug' | 'kind'> & KeptFacts

const text = z.string()
const wal = z.object({ lsn: text, exact: z.boolean() })
const count = z.string().regex(/^\d{1,19}$/)
const hex = z.string().regex(/^[0-9a-f]{1,64}$/)

const ofPlatform = z.object({
  format: z.literal(1),
  platform: z.object({ id: z.uuid(), database: text }),
  at: text,
  wal,
  serverVersion: z.int(),
  shape: text,
  tables: z.array(z.unknown()),
  fingerprint: z.object({ tables: z.record(text, z.object({ rows: count, sum: hex })), whole: hex }),
  migrations: z.array(z.object({ version: text, name: text, checksum: text })),
})

const ofDatabase = z.object({
  format: z.literal(1),
  database: z.object({ id: z.uuid(), name: text }),
  at: text,
  wal,
  serverVersion: z.int(),
  dump: z.object({ digest: hex }),
})

// As names of PostgreSQL are at most.
const NAME = new RegExp(`^[^${UNFIT}]{1,63}$`, 'u')

// Clocks of servers differ by less; what is later would be the newest one for as long as its writer likes.
const AHEAD_MS = 600_000

/**
 * The catalog's facts of an archive in the folder of this owner, by its manifest alone. Which of its policies a tenant's backup was made for is not in it:
 * it counts as made on demand. Throws ARCHIVE_VERSION, ARCHIVE_CORRUPT, ARCHIVE_TENANT_MISMATCH.
 */
export function toldBy({ facts, streams, bytes, key, manifestDigest }: Archive, owner: string, archive: string, now: number): Told {
  const plainBytes = streams.reduce((sum, one) => sum + one.plainBytes, 0)
  const told = { ...ofAny(facts, archive), bytes, plainBytes, key, manifestDigest }
  const found = ownerOf(told)
  if (found !== owner) throw fault('ARCHIVE_TENANT_MISMATCH', { archive, tenant: owner, found })
  if (told.tenant === null ? !NAME.test(told.slug) : !isSlug(told.slug)) throw strange(archive, 'the name of what it is of is none')
  if (Number.isNaN(Date.parse(told.takenAt))) throw strange(archive, 'it does not say when it was taken')
  if (key === null && Date.parse(told.takenAt) > now + AHEAD_MS)
    throw strange(archive, 'it says that it was taken at a time that is still to come, and no key proves that')
  return told
}

type OfAny = Omit<Told, 'bytes' | 'plainBytes' | 'key' | 'manifestDigest'>

function ofAny(facts: Archive['facts'], archive: string): OfAny {
  const has = (name: string): boolean => typeof facts === 'object' && facts !== null && name in facts
  if (has('platform')) {
    const { platform, ...known } = parsed(ofPlatform, facts, archive, 'platform tables')
    const rows = rowsOf(known.fingerprint)
    return { tenant: null, databaseId: platform.id, slug: platform.database, kind: 'platform', ...platformInCatalog(known, rows) }
  }
  if (has('database')) {
    const { database, dump, at, wal, serverVersion } = parsed(ofDatabase, facts, archive, 'a whole database')
    const known = dumpInCatalog({ at, lsn: wal.lsn, serverVersion }, dump.digest)
    return { tenant: null, databaseId: database.id, slug: database.name, kind: 'database', ...known }
  }
  const known = readArchiveFacts(facts, archive)
  return { tenant: known.tenant.id, databaseId: null, slug: known.tenant.slug, kind: 'demand', ...inCatalog(known) }
}

function parsed<T>(form: z.ZodType<T>, facts: Archive['facts'], archive: string, what: string): T {
  const read = form.safeParse(facts)
  if (read.success) return read.data
  throw strange(archive, plain(`its facts are not those of ${what}: ${read.error.issues[0]?.path.join('.') ?? ''}`, 200))
}

/** Of an archive whose facts the catalog cannot hold. */
export const strange = (archive: string, reason: string) => fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason })

/** Throws ID_INVALID: archives of ours are called by ids that the catalog can hold. */
export function assertOurName(archive: string): void {
  if (!isUuid(archive)) throw fault('ID_INVALID', { noun: 'archive', id: archive.slice(0, 60) })
}
