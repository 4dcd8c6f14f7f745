import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { withCatalog } from '../../src/engine/init-catalog.js'
import { readPlatformFiles } from '../../src/engine/sql-files.js'
import type { SqlFile } from '../../src/kernel/ledger.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import { urlOf } from './fleet.js'
import { ENGINES, type EngineName, startTestServers, type TestServer, type TestServers } from './servers.js'
import { makeServersFolder } from './servers-folder.js'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly tenantry: TestServers
  }
}

let tearDown = async (): Promise<void> => {}

/** Starts the servers that the tests share. TENANTRY_SERVERS (names, separated by commas) limits them. */
export async function setup(project: TestProject): Promise<void> {
  const wanted = process.env.TENANTRY_SERVERS?.split(',')
  const engines = (Object.keys(ENGINES) as EngineName[]).filter((engine) => wanted?.includes(engine) ?? true)
  const from = join(import.meta.dirname, '..', '..')
  const folder = await makeServersFolder('in memory')
  const reasonMissing = process.env.TENANTRY_MISSING_REASON
  const { servers, missing, stop } = await startTestServers({ from, folder, engines, ...(reasonMissing ? { reasonMissing } : {}) })
  tearDown = async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  // Vitest leaves without tearing down when it is interrupted. The servers end with us; their files are not worth a clean end.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  const left = Object.keys(ENGINES).filter((engine) => !engines.includes(engine as EngineName))
  const { catalogFiles } = await readPlatformFiles()
  const templates = await Promise.all(
    Object.entries(servers).map(async ([engine, server]) => [
      engine,
      { ...server, catalogTemplate: await makeTemplate(server, catalogFiles) },
    ]),
  )
  project.provide('tenantry', {
    servers: Object.fromEntries(templates),
    missing: { ...missing, ...Object.fromEntries(left.map((engine) => [engine, 'TENANTRY_SERVERS leaves it out'])) },
  })
}

/** What takes a third of a second for each of some hundred fleets is done once. */
async function makeTemplate(server: TestServer, files: readonly SqlFile[]): Promise<string> {
  const name = 'template_catalog'
  const config = parseUrl(urlOf(server), 'url')
  await withCatalog(config, name, files, async () => {})
  const admin = openDatabase(config, { applicationName: 'fleet', max: 1 })
  await admin.run(sql`alter database ${ident(name)} is_template true allow_connections false`)
  await admin.end()
  return name
}

export async function teardown(): Promise<void> {
  await tearDown()
}
