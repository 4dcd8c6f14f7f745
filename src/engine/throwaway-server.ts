import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installDatabase } from '../isolation/install.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames, roleNames } from '../isolation/names.js'
import { ensurePlatformRoles } from '../isolation/roles.js'
import { newId, randomBytes } from '../kernel/clock.js'
import { newPlatformId } from '../kernel/identifiers.js'
import { fileText, ident, sql } from '../kernel/sql.js'
import { type Database, openDatabase } from '../postgres/session.js'
import { choosePort } from '../programs/port.js'
import { findPostgres } from '../programs/postgres-binaries.js'
import { initPostgres } from '../programs/postgres-data.js'
import { startPostgres } from '../programs/postgres-server.js'
import { serverFolder } from '../programs/server-folder.js'
import { inTransactionText } from '../schema/forms/outside-statements.js'
import { readMigrations } from '../schema/migration-files.js'
import type { Config } from './config.js'
import { readSqlFiles } from './sql-files.js'

/**
 * Runs `body` on a PostgreSQL 18 of its own, which is gone again: one tenant-bearing database with the platform tables of the project, in which files can
 * be tried. Throws PROGRAM_MISSING, PROGRAM_FAILED, and what the files of the platform throw.
 */
export async function onThrowawayServer<T>(
  config: Pick<Config, 'folder' | 'migrations' | 'extensions'>,
  body: (database: Database, names: RoleNames) => Promise<T>,
): Promise<T> {
  const folder = await serverFolder({ checkout: config.folder })
  const binaries = await findPostgres(18, { from: import.meta.dirname, folder })
  const [dataDirectory, password] = [join(folder, `throwaway-${newId()}`), randomBytes(24).toString('base64url')]
  try {
    await initPostgres({ binaries, dataDirectory, superuser: 'postgres', password, durable: false })
    const server = await startPostgres({
      binaries,
      dataDirectory,
      port: await choosePort(),
      settings: { fsync: false, max_locks_per_transaction: 256 },
    })
    const database = openDatabase(
      { host: server.host, port: server.port, user: 'postgres', password, database: 'postgres', tls: 'disable' },
      { applicationName: 'tenantry control', max: 1 },
    )
    try {
      return await body(database, await install(database, config))
    } finally {
      await database.end()
      await server.stop()
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
    await rm(`${dataDirectory}.log`, { force: true })
  }
}

async function install(database: Database, config: Pick<Config, 'migrations' | 'extensions'>): Promise<RoleNames> {
  const platformId = newPlatformId()
  const names = roleNames(platformId)
  await database.transaction((session) => ensurePlatformRoles(session, names, { superuser: true }))
  const by = { operation: newId(), token: 1 }
  await installDatabase(database, by, {
    databaseId: newId(),
    platformId,
    names,
    extensions: config.extensions,
    files: await readSqlFiles('home'),
    hardened: true,
  })
  const files = await readMigrations(config.migrations, 'platform')
  await database.transaction(async (session) => {
    await session.run(sql`grant create on schema ${ident(PLATFORM_SCHEMA)} to ${ident(names.owner)}`)
    await session.run(sql`set local role ${ident(names.owner)}`)
    await session.run(sql`set local search_path = ${ident(PLATFORM_SCHEMA)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
    for (const file of files) if (file.kind !== 'program') await session.script(fileText(await inTransactionText(file)))
  })
  return names
}
