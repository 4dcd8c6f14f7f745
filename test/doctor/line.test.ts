import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPgBouncer } from '../../src/programs/pgbouncer.js'
import type { PoolMode } from '../../src/programs/pgbouncer-files.js'
import { choosePort } from '../../src/programs/port.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type Eyes, openEyes } from '../faults/eyes.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { makeServersFolder } from '../support/servers-folder.js'
import { testServer, whyMissing } from '../support/servers-injected.js'

const MODES: readonly PoolMode[] = ['transaction', 'session', 'statement']
const missing = whyMissing('pgbouncer')

describe.skipIf(missing !== undefined)(`the way that applications go${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let fleet: Fleet
  let eyes: Eyes
  let folder: string
  const ports: Partial<Record<PoolMode | 'direct' | 'nobody', number>> = {}
  const stops: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const server = testServer()
    folder = await makeServersFolder()
    fleet = await fleetOn(server, { migrations: {} })
    eyes = openEyes(urlOf(server))
    ports.direct = server.port
    ports.nobody = await choosePort()
    for (const poolMode of MODES) {
      const pooler = await startPgBouncer({
        port: await choosePort(),
        directory: join(folder, poolMode),
        databases: { '*': { host: server.host, port: server.port } },
        users: { [`tny_${fleet.platform.id}_app1`]: fleet.secrets('env:TENANTRY_APP_PASSWORD') },
        admin: { user: 'admin', password: 'admin' },
        poolMode,
      })
      ports[poolMode] = pooler.port
      stops.push(pooler.stop)
    }
  })
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()))
    await eyes?.close()
    await fleet?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test.for([
    ['none', 'direct', undefined],
    ['pgbouncer', 'transaction', undefined],
    ['pgbouncer', 'session', /line\.pooler no pgbouncer that pools transactions stands there/],
    ['pgbouncer', 'direct', /line\.pooler no pgbouncer that pools transactions stands there/],
    ['none', 'transaction', /line\.pooler a pooler stands in front of it, and the cluster was registered without one/],
    ['pgbouncer', 'statement', /line\.pooler what stands in front of it refuses transactions/],
    ['none', 'statement', /line\.pooler what stands in front of it refuses transactions/],
    ['none', 'nobody', /line\.unreachable .*connection refused/],
  ] as const)('registered with %s, and found is %s', async ([pooler, at, expected]) => {
    await eyes.see(fleet.platform.config.catalog.database, 'update catalog.cluster set pooler = $1, app_port = $2', [pooler, ports[at]])
    const { data } = await fleet.run<{ data: readonly { check: string; reason: string }[] }>('doctor.run')
    const lines = data.filter(({ check }) => check.startsWith('line.') || check === 'doctor.failed')
    if (expected === undefined) expect(lines).toEqual([])
    else expect(lines.map(({ check, reason }) => `${check} ${reason}`)).toEqual([expect.stringMatching(expected)])
  })
})
