import { basename } from 'node:path'
import { JOURNAL, readDrizzle } from './drizzle.js'
import { FLYWAY_NAME, readFlyway } from './flyway.js'
import { FORMATS, type ForeignFolder, type Format, invalid } from './foreign.js'
import { GOLANG_NAME, readGolangMigrate } from './golang-migrate.js'
import { type Listing, topOf } from './listing.js'
import { NODE_PG_NAME, readNodePgMigrate } from './node-pg-migrate.js'
import { LOCK, readPrisma } from './prisma.js'

const READERS: Readonly<Record<Format, (listing: Listing) => Promise<ForeignFolder>>> = {
  'golang-migrate': readGolangMigrate,
  'node-pg-migrate': readNodePgMigrate,
  flyway: readFlyway,
  drizzle: readDrizzle,
  prisma: readPrisma,
}

/** Reads the folder as that tool does. Throws IMPORT_INVALID when there is nothing of it. */
export async function readForeign(folder: string, listing: Listing, format: Format): Promise<ForeignFolder> {
  const read = await READERS[format](listing)
  if (read.migrations.length === 0) throw invalid(folder, `holds no migration of ${format}`)
  return read
}

/** Whose folder is it? Throws IMPORT_INVALID when no tool is recognised, or more than one. */
export function formatOf(folder: string, listing: Listing): Format {
  const found = FORMATS.filter((format) => LOOKS_LIKE[format](listing))
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw invalid(folder, `is the folder of none of ${FORMATS.join(', ')}: say which with --from`)
  throw invalid(folder, `may be of ${found.join(' and of ')}: say which with --from`)
}

const inFolders = (listing: Listing): boolean => listing.files.some((file) => /^[^/]+\/migration\.sql$/.test(file))
const hasSnapshots = (listing: Listing): boolean => listing.files.some((file) => /^[^/]+\/snapshot\.json$/.test(file))

const LOOKS_LIKE: Readonly<Record<Format, (listing: Listing) => boolean>> = {
  'golang-migrate': (listing) => topOf(listing).some((file) => GOLANG_NAME.test(file)),
  'node-pg-migrate': (listing) =>
    !listing.files.includes(JOURNAL) && topOf(listing).some((file) => NODE_PG_NAME.test(file) && !GOLANG_NAME.test(file)),
  flyway: (listing) => listing.files.some((file) => FLYWAY_NAME.test(basename(file))),
  drizzle: (listing) => listing.files.includes(JOURNAL) || (inFolders(listing) && hasSnapshots(listing)),
  prisma: (listing) => listing.files.includes(LOCK) || (inFolders(listing) && !hasSnapshots(listing)),
}
