import {
  catalogLedger,
  createCatalogLedger,
  fillCatalogChecksums,
  findPlatform,
  grantResolving,
  hasCatalogLedger,
  keepsCatalogChecksums,
  lockCatalogLedger,
  recordCatalogMigration,
} from '../catalog/platform.js'
import { roleNames } from '../isolation/names.js'
import { roleExists } from '../isolation/roles.js'
import { fault, isFault } from '../kernel/faults.js'
import { filesToApply, labelOf, type SqlFile } from '../kernel/ledger.js'
import type { Secrets } from '../kernel/secrets.js'
import { fileText } from '../kernel/sql.js'
import { patientTransaction } from '../postgres/patient.js'
import { type Database, openDatabase, type Session } from '../postgres/session.js'
import type { Config } from './config.js'
import { catalogConnection } from './platform.js'

const WITHIN_MS = 60_000

/**
 * Brings a catalog that is there to the newest of our files: all that it lacks, in one transaction that waits for no lock for long, so that applications
 * and older control planes go on. Repeatable. Answers the files that this call applied. Throws PLATFORM_MISSING, VERSION_SKEW, INSTALLATION_CHANGED,
 * PLATFORM_BUSY.
 */
export async function raiseCatalog(catalog: Database, files: readonly SqlFile[]): Promise<readonly string[]> {
  const missing = () => fault('PLATFORM_MISSING', { database: catalog.config.database })
  return patientTransaction(
    catalog,
    async (tx) => {
      await tx.run(lockCatalogLedger)
      if (!(await tx.one(hasCatalogLedger)).there) throw missing()
      const platform = await tx.maybe(findPlatform)
      if (platform === undefined) throw missing()
      const applied = await applyCatalogFiles(tx, files)
      // Together with the functions: a client that finds one which it may not call yet would take that for a refusal.
      const { resolver } = roleNames(platform.id)
      if (applied.length > 0 && (await tx.maybe(roleExists(resolver))) !== undefined) await tx.run(grantResolving(resolver))
      return applied
    },
    { withinMs: WITHIN_MS, busy: (waitedMs) => fault('PLATFORM_BUSY', { where: 'the catalog', waitedMs: Math.round(waitedMs) }) },
  )
}

/** The same for the catalog that a configuration names, before there is a platform that could be opened. */
export async function raiseCatalogOf(config: Config, secrets: Secrets, files: readonly SqlFile[]): Promise<readonly string[]> {
  const catalog = openDatabase(catalogConnection(config, secrets), { applicationName: 'tenantry control', max: 1, catalog: true })
  try {
    return await raiseCatalog(catalog, files)
  } catch (error) {
    throw isFault(error, 'DATABASE_MISSING') ? fault('PLATFORM_MISSING', { database: catalog.config.database }) : error
  } finally {
    await catalog.end()
  }
}

/** Applies what the ledger lacks, each file with its entry; the first of all makes the ledger. The caller holds its lock. */
export async function applyCatalogFiles(tx: Session, files: readonly SqlFile[]): Promise<readonly string[]> {
  const { there } = await tx.one(hasCatalogLedger)
  const missing = filesToApply('sql/catalog', 'the catalog', files, there ? await tx.rows(catalogLedger) : [])
  for (const file of missing) {
    await tx.script(fileText(file.text))
    if (file.number === 1) await tx.run(createCatalogLedger)
    await tx.run(recordCatalogMigration(file.number, file.name))
  }
  if (missing.length > 0 && (await tx.one(keepsCatalogChecksums)).kept) await tx.run(fillCatalogChecksums(files))
  return missing.map(labelOf)
}
