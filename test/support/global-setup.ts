import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ENGINES, type EngineName, startTestServers, type TestServers } from './servers.js'
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
  project.provide('tenantry', {
    servers,
    missing: { ...missing, ...Object.fromEntries(left.map((engine) => [engine, 'TENANTRY_SERVERS leaves it out'])) },
  })
}

export async function teardown(): Promise<void> {
  await tearDown()
}
